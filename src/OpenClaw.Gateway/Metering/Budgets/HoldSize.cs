using OpenClaw.Gateway.Metering.Prices;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>What one call may need: tokens in, tokens out, at most and at least. Pure.</summary>
/// <param name="Input">The most the prompt can be.</param>
/// <param name="Least">With fewer output tokens than this no answer is worth its prompt.</param>
/// <param name="Whole">The longest answer that the provider can give.</param>
/// <param name="IsKnown">The provider itself keeps to <paramref name="Whole"/>: the caller said so, or the model cannot do more.</param>
/// <param name="Share">The part of what is left that one call may hold, as a divisor.</param>
/// <param name="Grows">Held in pieces, as the answer grows.</param>
/// <param name="Tier">How the call will be served, and priced.</param>
/// <param name="Searches">The most that the provider runs.</param>
/// <param name="Sounds">Of the prompt, what may be recordings, which have a price of their own.</param>
/// <param name="Unseen">Output that is billed beside the answer (a rejected prediction).</param>
/// <param name="Extra">Dollars beyond the tokens at their price, as the provider was seen to charge them.</param>
internal readonly record struct HoldSize(long Input, long Least, long Whole, bool IsKnown, int Share, bool Grows, PriceTier Tier, int Searches, long Sounds, long Unseen, decimal Extra)
{
    /// <summary>Output tokens that a growing answer holds ahead.</summary>
    public const int Chunk = 2048;

    private const int LeastOutput = 256;

    // Beyond these nobody counts: dollars or tokens that no call uses up, and an answer that no model writes.
    private const decimal Plenty = 1_000_000_000_000m;
    private const decimal MostOutput = 1_000_000_000_000m;

    // Where only an estimate of four bytes a token is there.
    private const double UnknownText = 1.5;

    // What a model without a known limit is allowed when its window does not say less.
    private const int UnknownOutput = 16_384;

    // A smaller limit would end answers for which there is money.
    private const int LeastLimit = 4096;

    // A page of a document is up to three thousand tokens, and some six thousand bytes of base64.
    private const int DocumentTokens = 2000;
    private const int BytesPerMediaToken = 2;

    // Where a prompt may fill the model's window and nobody knows how large that is: most models', and Claude's by default.
    private const int UnknownWindow = 200_000;

    // What a search finds goes into the prompt; models that do research search by themselves.
    private const int SearchTokens = 8000;
    private const int ResearchSearches = 30;

    public static HoldSize Of(RequestFacts facts, Target target, TokenCalibration tokens)
    {
        // A service tier and searches are in the caller's own protocol; translated, they are left out.
        var passes = target.Dialect.Kind == facts.Dialect;
        var searches = passes ? facts.Searches.Most : 0;
        var input = Prompt(facts, target.Ref.Model, tokens) + ((long)searches * SearchTokens);
        // A longer prompt is refused by the provider, and costs nothing.
        if (target.ContextWindow is { } most) input = Math.Min(input, Math.Max(most, facts.PromptTokens));
        var choices = Math.Max(1, facts.Choices);
        var (whole, known) = Longest(facts, target, input);
        // A document by its address, pages that the provider fetches: up to all that the model takes.
        if (facts.HasUnseen || (passes && facts.Searches.Fetches)) input = Math.Max(input, target.ContextWindow ?? UnknownWindow);
        // Thoughts that are not shown are paid for all the same: an answer that may think is held whole.
        var grows = facts.Stream && !facts.MayThink && !target.ThinksUnseen && choices == 1 && !tokens.ComesInBulk;
        var tier = tokens.TierOf(passes ? facts.ServiceTier : null);
        if (target.Provider.Id == "perplexity") searches = Math.Max(searches, ResearchSearches);
        var sounds = facts.Sounds.IsUnseen ? input : Math.Min(input, facts.Sounds.Tokens(target.Ref.Model));
        return new HoldSize(input, Math.Min(whole, LeastOutput) * choices, whole * choices, known, ShareOf(facts, grows), grows, tier, searches, sounds, passes ? facts.Predicted : 0, tokens.CostExtra);
    }

    // A whole answer of unknown length holds the longest there is, so it may have less of what is left; a stream holds a piece.
    private static int ShareOf(RequestFacts facts, bool grows) => facts.MaxTokens is null && !grows ? 16 : 4;

    // The most that it can be: what is counted is known only when the provider says it.
    private static long Prompt(RequestFacts facts, string model, TokenCalibration tokens)
    {
        var text = facts.PromptMost ?? (long)Math.Ceiling(facts.PromptTokens * UnknownText);
        var papers = facts.Documents - facts.Sounds.Count;
        var documents = papers <= 0 ? 0 : Math.Max((long)papers * DocumentTokens, (facts.MediaBytes - facts.Sounds.Bytes) / BytesPerMediaToken);
        return (long)Math.Ceiling(text * tokens.PromptCeiling) + 64 + tokens.PromptExtra + PictureBound.Of(model, facts.Images, facts.PictureSizes) + documents + facts.Sounds.Tokens(model);
    }

    /// <summary>Output tokens of the first piece where money is no question.</summary>
    public long Wanted => Grows ? Math.Min(Whole, Chunk) : Whole;

    /// <summary>The first piece to hold: all of it, or what a fair share of the scarcest budget allows.</summary>
    /// <param name="share">Output tokens that the fair share of the scarcest budget pays for.</param>
    /// <param name="all">Output tokens that everything left pays for.</param>
    public (long Output, bool IsBounded) First(long share, long all)
    {
        if (Wanted <= share) return (Wanted, !Grows && !IsKnown);
        // A short answer is not made shorter while it leaves as much to others.
        if (IsKnown && Whole <= Chunk && Whole <= all / 2) return (Whole, false);
        // Money is short: hold a fair part and tell the provider to keep to it.
        var part = Math.Max(Math.Min(Whole, share), Math.Min(Least, Math.Max(all, 0)));
        return (Math.Max(part, Least), true);
    }

    /// <summary>How many output tokens the <paramref name="share"/>th part of what <paramref name="left"/> leaves behind the prompt pays for; negative when it does not pay for the prompt.</summary>
    public long Affordable(decimal left, int share, bool inTokens, ModelPrice price, DateTimeOffset at)
    {
        if (left >= Plenty) return long.MaxValue;
        if (inTokens) return left < Tokens(0) ? -1 : (long)((left - Tokens(0)) / share);
        var prompt = Usd(0, price, at);
        var perMillion = Usd(1_000_000, price, at) - prompt;
        if (left < prompt) return perMillion == 0 && prompt == 0 ? long.MaxValue : -1;
        return perMillion <= 0 ? long.MaxValue : (long)Math.Min(MostOutput, (left - prompt) / share * 1_000_000m / perMillion);
    }

    /// <summary>Tokens that are held for <paramref name="output"/> of the answer.</summary>
    public long Tokens(long output) => Input + output + Unseen;

    /// <summary>Dollars that are held for <paramref name="output"/> tokens of the answer.</summary>
    public decimal Usd(long output, ModelPrice price, DateTimeOffset at) => price.Ceiling(Input, output + Unseen, at, Tier, Searches, Sounds) + Extra;

    /// <summary>What a target of another protocol is asked for where the caller asks for <paramref name="asked"/> tokens: no more than it writes and its window leaves.</summary>
    public static int Writable(int asked, RequestFacts facts, Target target)
    {
        var most = target.MaxOutput is { } longest && longest < asked ? Math.Max(1, longest) : asked;
        // Gemini and Ollama do not count both together.
        if (target.ContextWindow is not { } window || target.Dialect.Kind is Dialects.DialectKind.Gemini or Dialects.DialectKind.Ollama) return most;
        // The prompt is seldom as long as it may be: half of what its estimate leaves is there in any case.
        var room = Math.Max(window - Prompt(facts, target.Ref.Model, target.Health.Tokens), (window - facts.PromptTokens) / 2);
        return room >= 1 && room < most ? (int)room : most;
    }

    private static (long Whole, bool IsKnown) Longest(RequestFacts facts, Target target, long input)
    {
        if (facts.MaxTokens is { } asked && asked > 0) return (target.Dialect.Kind == facts.Dialect ? asked : Writable(asked, facts, target), true);
        // What the prompt leaves of the window at most: it is seldom as long as it may be, and an answer must not be held for less than it can become.
        var room = target.ContextWindow is { } window ? Math.Max(LeastOutput, window - (facts.PromptTokens / 2)) : (long?)null;
        if (target.MaxOutput is { } most) return (room is { } r && r < most ? r : most, true);
        // Every call to Anthropic names a limit; where nobody knows one, it is the default.
        if (target.Dialect.Kind == Dialects.DialectKind.Anthropic) return (target.Request.MaxTokensDefault, true);
        if (room is not { } free) return (Math.Min(UnknownOutput, target.Request.MaxTokensDefault), false);
        // A limit that surely fits behind the prompt, unless it would cut answers short: then the window bounds them, but for
        // Ollama, which moves it on.
        var fits = target.ContextWindow!.Value - input;
        return fits >= LeastLimit ? (Math.Min(UnknownOutput, fits), false) : (free, target.Provider.Id != "ollama");
    }
}
