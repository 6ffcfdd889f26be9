using System.Text;

namespace OpenClaw.EndToEnd;

/// <summary>What a client got, put together as the protocol's own SDKs do, and whatever was wrong with its form.</summary>
internal sealed class ChatReply
{
    public int Status { get; set; }

    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    public StringBuilder TextBuilder { get; } = new();

    public string Text => TextBuilder.ToString();

    public StringBuilder Reasoning { get; } = new();

    public List<ToolReply> Tools { get; } = [];

    /// <summary>finish_reason or stop_reason; null = never said.</summary>
    public string? Finish { get; set; }

    /// <summary>The body's <c>model</c>.</summary>
    public string? Model { get; set; }

    public int? InputTokens { get; set; }

    public int? OutputTokens { get; set; }

    /// <summary>An error in the protocol's own shape, before or inside the stream.</summary>
    public string? Error { get; set; }

    public string? ErrorType { get; set; }

    /// <summary>The last word of the protocol came (<c>[DONE]</c>, <c>message_stop</c>, or a whole body).</summary>
    public bool Ended { get; set; }

    /// <summary>What broke below the protocol: the connection, the time limit, HTTP itself.</summary>
    public string? Broken { get; set; }

    /// <summary>Breaches of the protocol: a second message_start, a delta for a block that is not open, ids that change.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>The stream's data, frame by frame, or the one body.</summary>
    public List<string> Frames { get; } = [];

    public TimeSpan Elapsed { get; set; }

    public TimeSpan? FirstToken { get; set; }

    /// <summary>A client takes it for a finished answer: no error, a finish, a proper end.</summary>
    public bool LooksWhole => Status == 200 && Error is null && Broken is null && Ended && Finish is not null;

    /// <summary>A client can tell that it failed and why.</summary>
    public bool IsClearError => Error is { Length: > 0 } && Broken is null;

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public override string ToString() =>
        $"status {Status}, {TextBuilder.Length} characters, finish {Finish ?? "-"}, {(Ended ? "ended" : "not ended")}, usage {InputTokens}/{OutputTokens}"
        + (Error is null ? "" : $", error [{ErrorType}] {Error}") + (Broken is null ? "" : $", broken: {Broken}")
        + (Violations.Count == 0 ? "" : ", violations: " + string.Join("; ", Violations))
        + $", model {Model}, {string.Join(" ", Headers.Where(h => h.Key.StartsWith("x-openclaw", StringComparison.OrdinalIgnoreCase)).Select(h => h.Key + "=" + h.Value))}, {Elapsed.TotalMilliseconds:F0} ms";
}

internal sealed class ToolReply
{
    public string Id { get; set; } = "";

    public string Name { get; set; } = "";

    public StringBuilder Arguments { get; } = new();
}
