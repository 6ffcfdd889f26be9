namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>One request that a <see cref="ScriptedServer"/> saw. Times are counted from the server's start or last reset.</summary>
internal sealed class ScriptedCall
{
    public required TimeSpan At { get; init; }

    public required string Method { get; init; }

    /// <summary>Path and query, a <c>key</c> parameter blanked.</summary>
    public required string Path { get; init; }

    /// <summary>Empty when the request names none.</summary>
    public required string Model { get; init; }

    /// <summary>1 = the first for this model.</summary>
    public required int Attempt { get; init; }

    public required bool Stream { get; init; }

    /// <summary>The request ends with the assistant's own words, to be continued.</summary>
    public required bool IsPrefill { get; init; }

    /// <summary>Headers, without any that carries a key.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>The headers that carried a key, by name only.</summary>
    public required IReadOnlyList<string> KeyHeaders { get; init; }

    /// <summary>Empty unless <see cref="ScriptedOptions.KeepBodies"/>.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>When the caller closed the connection while the answer was still being played; null = it did not.</summary>
    public TimeSpan? PeerClosedAt { get; set; }

    /// <summary>When the answer was over; null = it is still being played.</summary>
    public TimeSpan? EndedAt { get; set; }
}
