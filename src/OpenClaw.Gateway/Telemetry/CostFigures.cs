using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Telemetry;

/// <summary>
/// Money in the metrics: dollars as exact decimals, requests that nobody can price, and tokens by call as OpenTelemetry's
/// semantic conventions name them (opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics).
/// </summary>
/// <param name="unpricedSeen">Told the first time that a model without a price is used.</param>
internal sealed class CostFigures(Action<string>? unpricedSeen = null)
{
    private const int MaxSeries = 1000;

    private readonly Dictionary<(string Model, CostSource Source), decimal> _dollars = [];
    private readonly ConcurrentDictionary<string, long> _unpriced = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Target, bool IsInput), TokenHistogram> _tokens = new();
    private readonly Lock _gate = new();

    public void Count(Decision decision)
    {
        for (var i = 0; i < decision.Attempts.Count; i++)
        {
            var attempt = decision.Attempts[i];
            if (attempt.Cost.Total != 0) AddDollars(attempt.Target, attempt.Cost);
            if (attempt.Usage.IsEmpty) continue;
            if (attempt.Cost.IsUnpriced && IsFirst(decision, i)) AddUnpriced(attempt.Target);
            Observe(attempt.Target, isInput: true, attempt.Usage.TotalInput);
            Observe(attempt.Target, isInput: false, attempt.Usage.Output);
        }
    }

    public void Write(StringBuilder text)
    {
        text.Append("# HELP openclaw_cost_usd_total Dollars by model and by who named the price; what has no price is not in it.\n# TYPE openclaw_cost_usd_total counter\n");
        lock (_gate)
        {
            foreach (var ((model, source), dollars) in _dollars.OrderBy(static d => d.Key.Model, StringComparer.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $"openclaw_cost_usd_total{{model=\"{Label(model)}\",source=\"{Name(source)}\"}} {dollars}\n");
            }
        }
        text.Append("# HELP openclaw_unpriced_requests_total Requests that used a model without a price.\n# TYPE openclaw_unpriced_requests_total counter\n");
        foreach (var (model, count) in _unpriced.OrderBy(static u => u.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"openclaw_unpriced_requests_total{{model=\"{Label(model)}\"}} {count}\n");
        }
        text.Append("# HELP gen_ai_client_token_usage Tokens of a call to a provider.\n# TYPE gen_ai_client_token_usage histogram\n");
        foreach (var ((target, isInput), histogram) in _tokens.OrderBy(static t => t.Key.Target, StringComparer.Ordinal)) histogram.Write(text, Labels(target, isInput));
    }

    private static bool IsFirst(Decision decision, int at)
    {
        for (var i = 0; i < at; i++)
        {
            if (decision.Attempts[i].Target == decision.Attempts[at].Target && decision.Attempts[i].Cost.IsUnpriced && !decision.Attempts[i].Usage.IsEmpty) return false;
        }
        return true;
    }

    private void AddDollars(string model, in Cost cost)
    {
        lock (_gate)
        {
            var key = (model, cost.Source);
            if (!_dollars.ContainsKey(key) && _dollars.Count >= MaxSeries) key.model = "other";
            _dollars[key] = _dollars.GetValueOrDefault(key) + cost.Total;
        }
    }

    private void AddUnpriced(string model)
    {
        var key = _unpriced.ContainsKey(model) || _unpriced.Count < MaxSeries ? model : "other";
        var count = _unpriced.AddOrUpdate(key, 1, static (_, n) => n + 1);
        if (count == 1 && key != "other") unpricedSeen?.Invoke(model);
    }

    private void Observe(string target, bool isInput, long tokens)
    {
        var key = (target, isInput);
        if (!_tokens.TryGetValue(key, out var histogram))
        {
            if (_tokens.Count >= MaxSeries) key = ("other/other", isInput);
            histogram = _tokens.GetOrAdd(key, static _ => new TokenHistogram());
        }
        histogram.Observe(tokens);
    }

    private static string Labels(string target, bool isInput)
    {
        var slash = target.IndexOf('/', StringComparison.Ordinal);
        var provider = target[..slash] switch
        {
            "gemini" => "gcp.gemini",
            "vertex" => "gcp.vertex_ai",
            "bedrock" => "aws.bedrock",
            "azure" => "azure.ai.openai",
            "mistral" => "mistral_ai",
            "xai" => "x_ai",
            var other => other,
        };
        return $"gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"{Label(provider)}\",gen_ai_request_model=\"{Label(target[(slash + 1)..])}\",gen_ai_token_type=\"{(isInput ? "input" : "output")}\"";
    }

    private static string Name(CostSource source) => source.ToString().ToLowerInvariant();

    private static string Label(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private sealed class TokenHistogram
    {
        // The bounds that the conventions ask for: powers of four.
        private readonly long[] _buckets = new long[15];
        private long _sum;

        public void Observe(long tokens)
        {
            var i = 0;
            while (i < 14 && tokens > 1L << (2 * i)) i++;
            Interlocked.Increment(ref _buckets[i]);
            Interlocked.Add(ref _sum, tokens);
        }

        public void Write(StringBuilder text, string labels)
        {
            long total = 0;
            for (var i = 0; i < 15; i++)
            {
                total += Interlocked.Read(ref _buckets[i]);
                var bound = i < 14 ? (1L << (2 * i)).ToString(CultureInfo.InvariantCulture) : "+Inf";
                text.Append(CultureInfo.InvariantCulture, $"gen_ai_client_token_usage_bucket{{{labels},le=\"{bound}\"}} {total}\n");
            }
            text.Append(CultureInfo.InvariantCulture, $"gen_ai_client_token_usage_sum{{{labels}}} {Interlocked.Read(ref _sum)}\ngen_ai_client_token_usage_count{{{labels}}} {total}\n");
        }
    }
}
