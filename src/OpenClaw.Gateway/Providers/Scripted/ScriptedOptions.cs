namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>The timings and bounds of a <see cref="ScriptedServer"/>. Defaults are a real provider's bad day.</summary>
internal sealed record ScriptedOptions
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>0 = a free port.</summary>
    public int Port { get; init; }

    /// <summary>Pause between two tokens of a stream.</summary>
    public TimeSpan TokenInterval { get; init; }

    /// <summary><c>slow-first-token</c> and <c>slow-headers</c> without a duration in the name.</summary>
    public TimeSpan FirstToken { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary><c>stall</c>: silence in mid-answer before the connection closes.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>silent</c>: how long nothing is answered before the connection closes.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary><c>outage</c>: how long the model is down, from its first request.</summary>
    public TimeSpan Outage { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>rate-limited-once</c>: what the provider asks to wait.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary><c>drip</c>: pause after each small piece.</summary>
    public TimeSpan Drip { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Calls remembered; older ones are forgotten.</summary>
    public int LogCapacity { get; init; } = 1000;

    /// <summary>Remember request bodies too.</summary>
    public bool KeepBodies { get; init; }
}
