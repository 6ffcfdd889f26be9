using System.Collections.Immutable;
using System.Globalization;
using OpenClaw.Kube;
using OpenClaw.Kube.Config;
using OpenClaw.Operator.Packaging;

namespace OpenClaw.Operator.Running;

/// <summary>One setting of <c>openclaw operator run</c>.</summary>
/// <param name="Flag">On the command line; it stands over the variable.</param>
/// <param name="Variable">In the environment; null: there is none.</param>
/// <param name="Value">What to write, for the help.</param>
/// <param name="Default">For the help; empty when there is none.</param>
internal sealed record OperatorSetting(string Flag, string? Variable, string Value, string Default, string Does);

/// <summary>A setting that cannot be meant so.</summary>
/// <param name="Source">The flag or the variable.</param>
internal sealed record SettingProblem(string Source, string Message, string Hint)
{
    public bool IsOfCommandLine => Source.StartsWith("--", StringComparison.Ordinal);
}

/// <summary>What was set, or what is wrong with it.</summary>
internal sealed record SettingResult(OperatorOptions? Options, KubeLogLevel LogLevel, bool LogAsText, SettingProblem? Problem);

/// <summary>The settings of the operator's process, as one table: flag, variable, default. Read once, at the start.</summary>
internal static class OperatorSettings
{
    public const string KubeConfig = "--kubeconfig";
    public const string Context = "--context";
    public const string WatchNamespaces = "--watch-namespaces";
    public const string LeaderElect = "--leader-elect";
    public const string LeaseNamespace = "--leader-election-namespace";
    public const string Bind = "--bind";
    public const string Workers = "--workers";
    public const string RequestsPerSecond = "--requests-per-second";
    public const string LogLevel = "--log-level";
    public const string LogFormat = "--log-format";

    public const int MostWorkers = 64;
    public const int MostRequests = 10_000;
    public const string NamespacesHint = "names of namespaces with commas between them: team-a,team-b";

    public static ImmutableArray<OperatorSetting> All { get; } =
    [
        new(KubeConfig, null, "FILE", "KUBECONFIG, the Pod's service account, ~/.kube/config", "The kubeconfig that says where the cluster is"),
        new(Context, null, "NAME", "the current one", "A context of the kubeconfig"),
        new(WatchNamespaces, "OPENCLAW_OPERATOR_WATCH_NAMESPACES", "A,B", "all", "Only the instances of these namespaces"),
        new(LeaderElect, "OPENCLAW_OPERATOR_LEADER_ELECT", "BOOL", "true", "Work only while holding the lease; with false nothing keeps two from writing"),
        new(LeaseNamespace, "POD_NAMESPACE", "NS", "the Pod's; outside of a cluster openclaw-operator-system", "Where the lease is"),
        new(Bind, "OPENCLAW_OPERATOR_BIND", "ADDRESS", ":8081", "Where /healthz, /readyz and /metrics are; off: nowhere"),
        new(Workers, "OPENCLAW_OPERATOR_WORKERS", "N", "4", "Instances that are looked at at the same time"),
        new(RequestsPerSecond, "OPENCLAW_OPERATOR_REQUESTS_PER_SECOND", "N", "200", "Requests to the API server, on average; twice as many at once"),
        new(LogLevel, "OPENCLAW_OPERATOR_LOG_LEVEL", "LEVEL", "info", "debug, info, warn or error"),
        new(LogFormat, "OPENCLAW_OPERATOR_LOG_FORMAT", "FORMAT", "json", "json: an object a line; text: for people"),
    ];

    /// <param name="flag">The value that a flag was given; null when it was not.</param>
    /// <param name="host">The Pod or machine, when <c>POD_NAME</c> does not say it.</param>
    public static SettingResult Read(Func<string, string?> flag, KubeEnvironment environment, string host, string version)
    {
        var reading = new Reading(flag, environment.Variable);
        var options = new OperatorOptions
        {
            KubeConfig = reading.Text(KubeConfig),
            Context = reading.Text(Context),
            WatchNamespaces = reading.Of(WatchNamespaces, [], Namespaces, NamespacesHint),
            LeaderElect = reading.Of(LeaderElect, true, Flag, "true or false"),
            LeaseNamespace = reading.Of(LeaseNamespace, null, static t => IsName(t) ? t : null, "the name of a namespace"),
            Bind = reading.Of(Bind, new Place(BindAddress.Any(PackageNames.HttpPort)), Where, ":8081, 127.0.0.1:8081, or off").Address,
            Workers = reading.Of(Workers, 4, static t => Number(t, MostWorkers), $"a number from 1 to {MostWorkers}"),
            RequestsPerSecond = reading.Of(RequestsPerSecond, 200, static t => Number(t, MostRequests), $"a number from 1 to {MostRequests}"),
            Host = environment.Variable("POD_NAME") is { Length: > 0 } pod ? pod : host,
            Version = version,
            Environment = environment,
        };
        var level = reading.Of(LogLevel, KubeLogLevel.Information, Level, "debug, info, warn or error");
        var asText = reading.Of(LogFormat, false, static t => t switch { "json" => false, "text" => true, _ => null }, "json or text");
        return new SettingResult(reading.Problem is null ? options : null, level, asText, reading.Problem);
    }

    /// <summary>Names with commas between them; null when it is not that.</summary>
    public static ImmutableArray<string>? Namespaces(string text)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToImmutableArray();
        return names.Length > 0 && names.All(IsName) ? names : null;
    }

    private static bool? Flag(string text) => text switch { "true" or "1" or "" => true, "false" or "0" => false, _ => null };

    private static int? Number(string text, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number : null;

    private static Place? Where(string text) => text == "off" ? new Place(null) : BindAddress.TryParse(text, out var bind) ? new Place(bind) : null;

    private static KubeLogLevel? Level(string text) => text switch
    {
        "debug" => KubeLogLevel.Debug,
        "info" => KubeLogLevel.Information,
        "warn" or "warning" => KubeLogLevel.Warning,
        "error" => KubeLogLevel.Error,
        _ => null,
    };

    /// <summary>A label of RFC 1123, as namespaces are called.</summary>
    private static bool IsName(string text) =>
        text.Length is > 0 and <= 63 && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && text[0] != '-' && text[^1] != '-';

    private readonly record struct Place(BindAddress? Address);

    /// <summary>One pass over the settings; the first problem is kept.</summary>
    private sealed class Reading(Func<string, string?> flag, Func<string, string?> variable)
    {
        public SettingProblem? Problem { get; private set; }

        public string? Text(string name) => Find(name).Text;

        public T Of<T>(string name, T otherwise, Func<string, T?> parse, string hint)
            where T : struct => Find(name) is (var source, { } text) ? parse(text) ?? Wrong(source, text, hint, otherwise) : otherwise;

        public string? Of(string name, string? otherwise, Func<string, string?> parse, string hint) =>
            Find(name) is (var source, { } text) ? parse(text) ?? Wrong(source, text, hint, otherwise) : otherwise;

        private (string Source, string? Text) Find(string name)
        {
            if (flag(name) is { } given) return (name, given);
            var other = All.Single(s => s.Flag == name).Variable;
            // An empty variable is one that a template left out.
            return other is not null && variable(other) is { Length: > 0 } set ? (other, set) : (name, null);
        }

        private T Wrong<T>(string source, string text, string hint, T otherwise)
        {
            Problem ??= new SettingProblem(source, $"{source} is \"{(text.Length <= 60 ? text : text[..60] + "…")}\"", "write " + hint);
            return otherwise;
        }
    }
}
