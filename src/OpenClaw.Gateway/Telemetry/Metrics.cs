using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Telemetry;

/// <summary>
/// Counters and histograms in Prometheus text format (prometheus.io/docs/instrumenting/exposition_formats). Labels hold
/// configured names and closed sets only: never a session, a prompt or a key. A family stops at a thousand series; the rest
/// is counted under <c>other</c>.
/// </summary>
/// <param name="unpricedSeen">Told the first time that a model without a price is used.</param>
internal sealed class Metrics(Action<string>? unpricedSeen = null)
{
    private static readonly double[] s_seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

    private readonly Family _requests = new("openclaw_requests_total", "counter", "Requests by protocol, model that answered and outcome.", ["protocol", "model", "outcome"]);
    private readonly Family _attempts = new("openclaw_attempts_total", "counter", "Attempts by target and result; one for which no key could be used reached no provider.", ["target", "result"]);
    private readonly Family _fallbacks = new("openclaw_fallbacks_total", "counter", "Requests that another target than the first answered.", ["from", "to"]);
    private readonly Family _healed = new("openclaw_continuations_total", "counter", "Answers cut in the middle, by what became of them.", ["result"]);
    private readonly Family _tokens = new("openclaw_tokens_total", "counter", "Tokens by model and kind.", ["model", "type"]);
    private readonly Family _runaways = new("openclaw_runaway_trips_total", "counter", "Sessions stopped by the runaway guard, by what it saw.", ["kind"]);
    private readonly Histogram _duration = new("openclaw_request_duration_seconds", "Whole requests.");
    private readonly Histogram _firstToken = new("openclaw_first_token_seconds", "From the request to the first meaningful frame.");
    private readonly CostFigures _costs = new(unpricedSeen);
    private long _inFlight;

    public long InFlight => Interlocked.Read(ref _inFlight);

    public void RequestStarted() => Interlocked.Increment(ref _inFlight);

    public void RequestEnded(Decision decision)
    {
        Interlocked.Decrement(ref _inFlight);
        var model = decision.Answered ?? "none";
        _requests.Add(1, decision.Protocol, model, decision.Outcome);
        foreach (var attempt in decision.Attempts)
        {
            _attempts.Add(1, attempt.Target, attempt.Reason == FailureReason.None ? "ok" : EnumText.Snake(attempt.Reason));
            // Each hop's tokens are its own model's.
            _tokens.Add(attempt.Usage.Input, attempt.Target, "input");
            _tokens.Add(attempt.Usage.CacheRead, attempt.Target, "cache_read");
            _tokens.Add(attempt.Usage.CacheWrite + attempt.Usage.CacheWrite1h, attempt.Target, "cache_write");
            _tokens.Add(attempt.Usage.Output, attempt.Target, "output");
        }
        _costs.Count(decision);
        // Also where the first of the plan rests and was not asked.
        if (decision.Answered is { } answered && decision.Plan is [var wanted, ..] && wanted != answered) _fallbacks.Add(1, wanted, answered);
        if (decision.Outcome is "healed" or "interrupted") _healed.Add(1, decision.Outcome);
        _duration.Observe(decision.TotalMs / 1000);
        if (decision.FirstTokenMs is { } first) _firstToken.Observe(first / 1000);
    }

    /// <param name="kind">What the guard saw, in snake case.</param>
    public void RunawayStopped(string kind) => _runaways.Add(1, kind);

    public string Write(GatewayGauges gauges)
    {
        var text = new StringBuilder(4096);
        foreach (var family in (Family[])[_requests, _attempts, _fallbacks, _healed, _tokens, _runaways]) family.Write(text);
        _costs.Write(text);
        _duration.Write(text);
        _firstToken.Write(text);
        Gauge(text, "openclaw_in_flight_requests", "Requests being answered.", InFlight);
        Gauge(text, "openclaw_config_stale", "1 when the file on disk is broken and the configuration before it is in force.", gauges.ConfigIsStale ? 1 : 0);
        Gauge(text, "openclaw_decision_lines_dropped_total", "Decision lines not written because the output was too slow.", gauges.LinesDropped);
        WriteBudgets(text, gauges);
        text.Append("# HELP openclaw_target_up 1 when the target's breaker lets requests through.\n# TYPE openclaw_target_up gauge\n");
        foreach (var (target, up) in gauges.Targets) text.Append("openclaw_target_up{target=\"").Append(Escape(target)).Append("\"} ").Append(up ? 1 : 0).Append('\n');
        ProcessFigures.Write(text);
        return text.ToString();
    }

    // Whose it is stays out: sessions are no label, and clients of one budget are added up.
    private static void WriteBudgets(StringBuilder text, GatewayGauges gauges)
    {
        Amounts(text, "openclaw_budget_limit", "A budget's limit, in its unit; where each subject has its own, each one's. Budgets of one name are added up.", gauges.Budgets, static b => b.Rule.Limit);
        Amounts(text, "openclaw_budget_spent", "Spent in the current window, all subjects together, as this gateway knows it; not there while the ledger has not said it.", KnownOf(gauges.Budgets), static b => b.Counters.Sum(static c => c.Spent));
        Amounts(text, "openclaw_budget_reserved", "Reserved by answers under way on this gateway.", KnownOf(gauges.Budgets), static b => b.Counters.Sum(static c => c.Reserved));
        var (delivered, failed, dropped) = gauges.Alerts;
        text.Append("# HELP openclaw_alerts_total Alerts to webhooks by what became of them.\n# TYPE openclaw_alerts_total counter\n");
        text.Append(CultureInfo.InvariantCulture, $"openclaw_alerts_total{{result=\"delivered\"}} {delivered}\nopenclaw_alerts_total{{result=\"failed\"}} {failed}\nopenclaw_alerts_total{{result=\"dropped\"}} {dropped}\n");
    }

    // A sum of which a part is not known is no sum.
    private static List<BudgetStanding> KnownOf(IReadOnlyList<BudgetStanding> budgets) =>
        [.. budgets.GroupBy(static b => (b.Rule.Name, b.Rule.InTokens)).Where(static same => same.All(static b => b.IsKnown)).SelectMany(static same => same)];

    private static void Amounts(StringBuilder text, string name, string help, IReadOnlyList<BudgetStanding> budgets, Func<BudgetStanding, decimal> amount)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
        // Two clients may have a budget of one name; a scraper takes no series twice.
        foreach (var same in budgets.GroupBy(static b => (b.Rule.Name, b.Rule.InTokens)))
        {
            text.Append(name).Append("{budget=\"").Append(Escape(same.Key.Name)).Append("\",unit=\"").Append(same.Key.InTokens ? "tokens" : "usd");
            text.Append(CultureInfo.InvariantCulture, $"\"}} {same.Sum(amount)}\n");
        }
    }

    private static void Gauge(StringBuilder text, string name, string help, long value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");

    private static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private sealed class Family(string name, string type, string help, string[] labels)
    {
        private const int MaxSeries = 1000;
        private readonly ConcurrentDictionary<(string, string, string), StrongBox<long>> _series = new();

        public void Add(long value, string a, string b = "", string c = "")
        {
            if (value == 0) return;
            var key = (a, b, c);
            if (!_series.TryGetValue(key, out var sum))
            {
                if (_series.Count >= MaxSeries) key = ("other", b.Length > 0 ? "other" : "", c.Length > 0 ? "other" : "");
                sum = _series.GetOrAdd(key, static _ => new StrongBox<long>());
            }
            Interlocked.Add(ref sum.Value, value);
        }

        public void Write(StringBuilder text)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
            foreach (var ((a, b, c), value) in _series.OrderBy(static s => s.Key))
            {
                text.Append(name).Append('{').Append(labels[0]).Append("=\"").Append(Escape(a)).Append('"');
                if (labels.Length > 1) text.Append(',').Append(labels[1]).Append("=\"").Append(Escape(b)).Append('"');
                if (labels.Length > 2) text.Append(',').Append(labels[2]).Append("=\"").Append(Escape(c)).Append('"');
                text.Append(CultureInfo.InvariantCulture, $"}} {Interlocked.Read(ref value.Value)}\n");
            }
        }
    }

    private sealed class Histogram(string name, string help)
    {
        private readonly long[] _buckets = new long[s_seconds.Length + 1];
        private long _micros;

        public void Observe(double seconds)
        {
            var i = 0;
            while (i < s_seconds.Length && seconds > s_seconds[i]) i++;
            Interlocked.Increment(ref _buckets[i]);
            Interlocked.Add(ref _micros, (long)(seconds * 1e6));
        }

        public void Write(StringBuilder text)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} histogram\n");
            long total = 0;
            for (var i = 0; i < _buckets.Length; i++)
            {
                total += Interlocked.Read(ref _buckets[i]);
                var bound = i < s_seconds.Length ? s_seconds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"{bound}\"}} {total}\n");
            }
            text.Append(CultureInfo.InvariantCulture, $"{name}_sum {Interlocked.Read(ref _micros) / 1e6}\n{name}_count {total}\n");
        }
    }
}

/// <summary>What <see cref="Metrics"/> asks others for at the moment of a scrape.</summary>
internal sealed record GatewayGauges(bool ConfigIsStale, long LinesDropped, IReadOnlyList<(string Target, bool Up)> Targets)
{
    public IReadOnlyList<BudgetStanding> Budgets { get; init; } = [];

    public (long Delivered, long Failed, long Dropped) Alerts { get; init; }
}
