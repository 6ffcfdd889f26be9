using System.Text.Json.Nodes;

namespace OpenClaw.EndToEnd.Clients;

public enum ClientAct
{
    Chat,

    /// <summary>Ask, do what the tools say, send their results, read the answer.</summary>
    ToolLoop,

    /// <summary>Say what is in <see cref="ClientAsk.Turns"/>, one after the other (JavaScript only).</summary>
    Turns,
    ListModels,
    ShowModel,
}

/// <summary>One thing that every official client is made to do. The same for those in C# and, as JSON, for those in JavaScript.</summary>
public sealed record ClientAsk(string Name, string Model)
{
    public ClientAct Act { get; init; }

    public bool Stream { get; init; }

    /// <summary>Let the client's own helper put the stream together, where it has one.</summary>
    public bool Helper { get; init; }

    public bool Tools { get; init; }

    /// <summary>Ask for JSON of a schema.</summary>
    public bool Schema { get; init; }

    /// <summary>Leave after so many pieces of text.</summary>
    public int? LeaveAfter { get; init; }

    /// <summary>The session's name, in the field that the protocol has for it.</summary>
    public string? Session { get; init; }

    public IReadOnlyList<string> Turns { get; init; } = [];

    /// <summary>Instead of the gateway's.</summary>
    public string? Token { get; init; }

    public JsonObject ToJson() => new()
    {
        ["name"] = Name, ["act"] = char.ToLowerInvariant(Act.ToString()[0]) + Act.ToString()[1..], ["model"] = Model, ["stream"] = Stream, ["helper"] = Helper,
        ["tools"] = Tools, ["schema"] = Schema, ["leaveAfter"] = LeaveAfter, ["token"] = Token,
        ["session"] = Session, ["turns"] = new JsonArray([.. Turns.Select(static t => (JsonNode)t)]),
    };
}
