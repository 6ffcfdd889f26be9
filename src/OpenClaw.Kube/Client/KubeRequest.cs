namespace OpenClaw.Kube.Client;

/// <summary>One call, as it goes over the wire.</summary>
internal sealed record KubeRequest(HttpMethod Method, string Path)
{
    /// <summary>Begins with <c>?</c>, or is empty.</summary>
    public string Query { get; init; } = "";

    public byte[]? Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    public string Accept { get; init; } = "application/json";

    /// <summary>To do it twice is the same as to do it once.</summary>
    public bool IsIdempotent { get; init; } = true;

    /// <summary>It changes something, and is held back when this process may not write.</summary>
    public bool IsWrite { get; init; }

    /// <summary>The body or the answer may hold a secret: what the server says about its content is not repeated.</summary>
    public bool IsSensitive { get; init; }

    /// <summary>The version of the kind that is meant; null when it is no resource.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>For messages; the query is left out.</summary>
    public string Text => $"{Method} {Path}";

    public override string ToString() => Text;
}

/// <summary>A whole answer with a status below 300.</summary>
internal readonly record struct KubeResponse(int Status, ReadOnlyMemory<byte> Body);
