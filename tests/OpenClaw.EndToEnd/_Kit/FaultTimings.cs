using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd;

/// <summary>How long faults last and how long the gateway may take over them.</summary>
internal sealed record FaultTimings(string Name, ScriptedOptions Server, string RoutingJson)
{
    public required TimeSpan SilenceLimit { get; init; }

    public required TimeSpan FirstTokenLimit { get; init; }

    public required TimeSpan StallLimit { get; init; }

    public required int OutageRequests { get; init; }

    public required TimeSpan OutageInterval { get; init; }

    public required TimeSpan RecoveryLimit { get; init; }

    /// <summary>Tries on the primary while it is down.</summary>
    public required int ProbeLimit { get; init; }

    public required TimeSpan Hang { get; init; }

    /// <summary>FailoverBench's full profile: 20 s first token, 30 s stall, 120 s silence, 60 s outage, an answer of 15 ms a token.</summary>
    public static FaultTimings Full { get; } = new(
        "full",
        new ScriptedOptions { TokenInterval = TimeSpan.FromMilliseconds(15), LogCapacity = 100_000 },
        """{ "retries": 2, "timeouts": { "headers": "30s", "firstToken": "10s", "idle": "10s", "answer": "12s" } }""")
    {
        SilenceLimit = TimeSpan.FromSeconds(100),
        FirstTokenLimit = TimeSpan.FromSeconds(15),
        StallLimit = TimeSpan.FromSeconds(45),
        // They go on for as long after the outage as it may take to come back.
        OutageRequests = 24,
        OutageInterval = TimeSpan.FromSeconds(4),
        RecoveryLimit = TimeSpan.FromSeconds(30),
        ProbeLimit = 12,
        Hang = TimeSpan.FromSeconds(130),
    };

    /// <summary>The same in small, for the tests; only Retry-After stays two seconds, the unit of that header.</summary>
    public static FaultTimings Fast { get; } = new(
        "fast",
        new ScriptedOptions
        {
            FirstToken = TimeSpan.FromSeconds(8), Stall = TimeSpan.FromSeconds(8), Silence = TimeSpan.FromSeconds(20), Outage = TimeSpan.FromSeconds(2),
            Drip = TimeSpan.FromMilliseconds(1), TokenInterval = TimeSpan.FromMilliseconds(1), LogCapacity = 100_000,
        },
        """{ "retries": 2, "timeouts": { "headers": "1500ms", "firstToken": "1500ms", "idle": "1500ms", "answer": "2s" }, "cooldown": { "base": "200ms", "max": "1s" } }""")
    {
        SilenceLimit = TimeSpan.FromSeconds(7),
        FirstTokenLimit = TimeSpan.FromSeconds(6),
        StallLimit = TimeSpan.FromSeconds(7),
        OutageRequests = 18,
        OutageInterval = TimeSpan.FromMilliseconds(250),
        RecoveryLimit = TimeSpan.FromSeconds(2.5),
        ProbeLimit = 12,
        Hang = TimeSpan.FromSeconds(30),
    };
}
