using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Gateway.Metering;

/// <summary>
/// How one model counts, learned from the answers whose usage it reported: prompt tokens against our estimate, output tokens
/// against bytes and against pieces of content. Used where a provider never gets to report (the caller left, the stream was
/// cut) and for what a call may need at most. Thread-safe.
/// </summary>
/// <param name="time">By which what a provider was seen to add is forgotten; null = never.</param>
internal sealed class TokenCalibration(TimeProvider? time = null)
{
    // A new answer weighs an eighth: what is learned follows a model's new tokenizer within a few dozen answers.
    private const double Weight = 1.0 / 8;

    // Of an answer, before anything is learned: 2.7 bytes a token. Prose has four, code three, digits two or three.
    private const double FirstCeiling = 1.5;
    private const double Margin = 1.15;

    // What a model may show beyond the most that a text should be.
    private const double MostRatio = 4;

    // Of a shorter prompt what the provider adds is the greater part, and says nothing of how it counts text.
    private const int LongPrompt = 1024;

    // An event of so many tokens is no piece of an answer, but most of it.
    private const int BulkTokens = 256;

    // What was added to one call may refuse all that come after it, and then nobody would learn better.
    private static readonly TimeSpan s_half = TimeSpan.FromMinutes(10);

    // Who sends a token at a time sends pieces of about four bytes; who sends in bulk, of dozens.
    private const int TokenBytes = 8;

    // Bytes are a tenth off at the best; they fit better than that by chance only.
    private const double Luck = 0.1;

    // Tokens a millisecond, about what large providers' middle models write.
    private const double UnknownPace = 0.04;
    private const int TokensForPace = 16;

    // What a chat template puts around a message or two: Llama's eleven tokens, ChatML's ten, OpenAI's seven.
    private const int Template = 11;

    private readonly Lock _lock = new();
    private Line _prompt;
    private Line _bytes;
    private Line _pieces;
    private double _promptMost;
    private double _promptExtra;
    private decimal _costExtra;
    private double _pace;
    private double _bulk;
    private PriceTier? _granted;
    private long? _fadedAt;

    /// <summary>
    /// What to multiply the most that a prompt should be (<see cref="PromptBound"/>) with: 1, but for a model that has shown
    /// more. Never less: that its last prompts were prose says nothing of the next.
    /// </summary>
    public double PromptCeiling
    {
        get { lock (_lock) return Math.Clamp(_promptMost * Margin, 1, MostRatio); }
    }

    /// <summary>What to add to that: tokens that the provider puts in by itself, whatever the prompt's length (instructions, tools of its own, what it searched).</summary>
    public long PromptExtra
    {
        get { lock (_lock) return (long)Math.Ceiling(_promptExtra * Left * Margin); }
    }

    /// <summary>How it serves those who leave that to it, where that is dearer than the standard tier: a project may have a default of its own.</summary>
    public PriceTier UsualTier { get; private set; }

    /// <summary>Its streams come in a few large events: an answer is there before more can be held for it.</summary>
    public bool ComesInBulk
    {
        get { lock (_lock) return _bulk >= 0.5; }
    }

    /// <summary>Dollars that a call may cost beyond its tokens at their price, learned where the provider says what it charged (a dearer route, a fee).</summary>
    public decimal CostExtra
    {
        get { lock (_lock) return _costExtra * (decimal)(Left * Margin); }
    }

    /// <summary>A provider said what it charged.</summary>
    /// <param name="reckoned">What the price makes of the same usage.</param>
    public void LearnCost(decimal charged, decimal reckoned)
    {
        var extra = Math.Max(0, charged - reckoned);
        lock (_lock)
        {
            Fade();
            _costExtra = Math.Max(extra, _costExtra - ((_costExtra - extra) * (decimal)Weight / 8));
        }
    }

    /// <summary>The prompt's tokens, as far as they can be known before the provider says.</summary>
    /// <param name="estimate">By rule of thumb, four bytes a token.</param>
    /// <param name="bytes">What was answered so far, which tells how long a token is when nothing else does.</param>
    /// <param name="pieces">That came in so many.</param>
    public long Prompt(long estimate, long bytes = 0, long pieces = 0)
    {
        lock (_lock)
        {
            if (_prompt.Count > 0) return _prompt.At(estimate, Template);
        }
        return (pieces >= 16 && ComesByTokens(bytes, pieces) ? estimate * 4 * pieces / bytes : estimate) + Template;
    }

    /// <summary>The output's tokens so far.</summary>
    /// <param name="bytes">Of text, reasoning and tool arguments.</param>
    /// <param name="pieces">Events that carried them: many providers send a token at a time.</param>
    /// <param name="isBroken">The connection was closed by us: one more token was under way, and is billed.</param>
    public long Output(long bytes, long pieces, bool isBroken = false)
    {
        var more = isBroken ? 1 : 0;
        lock (_lock)
        {
            var isByTokens = ComesByTokens(bytes, pieces);
            // Answers that came whole teach nothing of pieces.
            if (isByTokens && _pieces.Count == 0) return pieces + more;
            if (_bytes.Count == 0) return (bytes + 3) / 4;
            // Of a few short answers one that is a token off says nothing against the pieces.
            var luck = isByTokens ? Luck : 0;
            return pieces > 0 && _pieces.Count > 0 && _pieces.Error < _bytes.Error + luck ? _pieces.At(pieces) + more : _bytes.At(bytes);
        }
    }

    /// <summary>The most that the output so far can be.</summary>
    public long OutputCeiling(long bytes, long pieces)
    {
        lock (_lock)
        {
            if (_bytes.Count < 3) return Math.Max(pieces, (long)(bytes / 4.0 * FirstCeiling));
        }
        return (long)Math.Ceiling(Output(bytes, pieces) * Margin);
    }

    /// <summary>
    /// The least that the output so far can be: an event that carries something carries a token, unless it is cut smaller than
    /// tokens are, and no text has more than sixteen bytes a token for long.
    /// </summary>
    public static long OutputFloor(long bytes, long pieces) => bytes * 2 >= pieces * 5 ? Math.Max(pieces, bytes / 16) : bytes / 16;

    /// <summary>A provider reported what an answer used.</summary>
    /// <param name="estimate">What the prompt was taken for; 0 = not comparable (it had images).</param>
    /// <param name="most">The most that its text should have been; 0 = not known.</param>
    public void Learn(long estimate, long prompt, long bytes, long pieces, long output, long most = 0)
    {
        lock (_lock)
        {
            if (estimate > 0 && prompt > 0)
            {
                Fade();
                _prompt.Add(estimate, prompt);
                // The constant part of a prompt (its template) is held apart, and what is known to be added to each.
                var isLong = most >= LongPrompt;
                var ratio = isLong ? Math.Max(0, prompt - 64 - _promptExtra) / most : _promptMost;
                // Beyond any way of counting the text there is only what the provider added; of a short prompt, all that is beyond it.
                var extra = Math.Max(0, prompt - 64 - (isLong || most == 0 ? (most > 0 ? most : estimate) * MostRatio : most));
                _promptExtra = Math.Max(extra, _promptExtra - ((_promptExtra - extra) * Weight / 8));
                _promptMost = Math.Max(ratio, _promptMost - ((_promptMost - ratio) * Weight / 8));
            }
            if (output <= 0 || bytes <= 0) return;
            _bytes.Add(bytes, output);
            if (pieces > 0) _bulk += ((IsBulk(pieces, output) ? 1 : 0) - _bulk) * (_pieces.Count == 0 ? 1 : Weight * 2);
            // Where a piece is a token, the one that ends an answer is counted and never sent: of a short answer's that is no ratio.
            if (pieces > 0) _pieces.Add(pieces, output == pieces + 1 ? pieces : output);
        }
    }

    /// <summary>An answer of so many tokens took so long, from the call to its end.</summary>
    public void Took(long output, double ms)
    {
        if (output < TokensForPace || ms <= 0) return;
        // Of two at the same moment one counts: of a mean that is no loss.
        _pace += ((output / ms) - _pace) * (_pace == 0 ? 1 : Weight);
    }

    /// <summary>Tokens that it writes in so much time; a guess before it has answered once.</summary>
    public long OutputIn(double ms) => (long)Math.Max(0, ms * (_pace > 0 ? _pace : UnknownPace));

    /// <summary>A provider said how it served a call.</summary>
    /// <param name="asked">What its caller asked for; null = left to the provider.</param>
    public void Served(PriceTier tier, PriceTier? asked)
    {
        if (asked is null) UsualTier = tier == PriceTier.Priority ? tier : PriceTier.Standard;
        else if (IsCheaper(asked.Value)) _granted = tier == asked ? asked : null;
    }

    /// <summary>How a call is paid for whose caller asks for <paramref name="asked"/>: a cheaper tier counts only where the provider was last seen to grant it, since many read over the field.</summary>
    public PriceTier TierOf(PriceTier? asked) => asked is { } tier && (!IsCheaper(tier) || _granted == tier) ? tier : UsualTier;

    private static bool IsCheaper(PriceTier tier) => tier is PriceTier.Flex or PriceTier.Batch;

    private static bool IsBulk(long pieces, long output) => output >= pieces * BulkTokens || (pieces == 1 && output >= BulkTokens / 2);

    // Of what was learned of additions, when it was last faded.
    private double Left => time is null || _fadedAt is not { } at ? 1 : Math.Pow(0.5, time.GetElapsedTime(at) / s_half);

    private void Fade()
    {
        var left = Left;
        (_promptExtra, _costExtra, _fadedAt) = (_promptExtra * left, _costExtra * (decimal)left, time?.GetTimestamp());
    }

    private static bool ComesByTokens(long bytes, long pieces) => bytes > 0 && bytes <= pieces * TokenBytes;

    // Tokens as a straight line over what can be counted here; weighted, newer answers more. It goes through their middle.
    private struct Line
    {
        // Texts of one length differ by so much, relative: an answer that is off by less says little.
        private const double Apart = 0.15;

        // Prompts whose lengths differ by a third say as much of the slope as what is expected of it.
        private const double Doubt = 0.1;

        // Tokens for four bytes: prose in its own language has one. What is beyond is no text's, but added to every prompt.
        private const double LeastSlope = 0.25;
        private const double MostSlope = 2;

        private double _x;
        private double _y;
        private double _xx;
        private double _xy;

        public int Count { get; private set; }

        /// <summary>How far off the line was lately, relative.</summary>
        public double Error { get; private set; }

        public void Add(double x, double y)
        {
            var off = Count == 0 ? 0 : Math.Abs(At(x) - y) / Math.Max(1, y);
            var weight = Count == 0 ? 1 : Math.Max(Weight, 1.0 / (Count + 1));
            Error += (off - Error) * weight;
            _x += (x - _x) * weight;
            _y += (y - _y) * weight;
            _xx += ((x * x) - _xx) * weight;
            _xy += ((x * y) - _xy) * weight;
            if (Count < int.MaxValue) Count++;
        }

        /// <param name="constant">
        /// What is expected at 0, and from there on one for each of <paramref name="x"/>: of that a few answers alike say only how
        /// much more or less it is. 0 = nothing is expected.
        /// </param>
        public readonly long At(double x, double constant = 0)
        {
            if (_x <= 0) return (long)Math.Round(_y);
            var middle = constant == 0 ? _y : Seen(constant + _x);
            var ratio = middle / _x;
            var expected = constant == 0 ? ratio : Math.Clamp((middle - constant) / _x, Math.Min(ratio, LeastSlope), MostSlope);
            var doubt = _x * _x * Doubt;
            var slope = (_xy - (_x * _y) + (doubt * expected)) / (_xx - (_x * _x) + doubt);
            // A few answers that are far from any line.
            slope = Math.Clamp(slope, Math.Min(expected, ratio) * 0.5, ratio * 1.5);
            return Math.Max(0, (long)Math.Round(middle + (slope * (x - _x))));
        }

        // Between what was expected and what was seen: nearer to this with every answer, and with all that no text explains.
        private readonly double Seen(double expected)
        {
            var (off, noise) = (_y - expected, expected * expected * Apart * Apart / Count);
            return expected + (off * off * off / ((off * off) + noise));
        }
    }
}
