namespace OpenClaw.Kube.Client;

/// <summary>How a client behaves. Immutable.</summary>
public sealed record KubeClientOptions
{
    public string UserAgent { get; init; } = "openclaw-kube";

    /// <summary>Who owns the fields that are applied.</summary>
    public string FieldManager { get; init; } = "openclaw-kube";

    /// <summary>Requests a second, on average; watches count when they are opened.</summary>
    public double RequestsPerSecond { get; init; } = 50;

    public int Burst { get; init; } = 100;

    /// <summary>Of one attempt, to the last byte of the answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a call is tried at most.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>A longer wait that a server asks for is left to the caller.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Of an answer, after decompression, and of a line of a watch.</summary>
    public int MaxResponseBytes { get; init; } = 64 << 20;

    /// <summary>Objects in one page of a list.</summary>
    public int PageSize { get; init; } = 500;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Random Random { get; init; } = Random.Shared;

    public KubeLog Log { get; init; } = KubeLogs.None;

    /// <summary>Told of every attempt when its answer, or its failure, is there; of a watch, when it is open. From any thread; must be quick and not throw.</summary>
    public Action<KubeCall>? Observe { get; init; }
}
