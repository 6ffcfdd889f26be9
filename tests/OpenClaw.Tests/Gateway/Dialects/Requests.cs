using System.Buffers;
using System.Text.Json.Nodes;
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Tests.Gateway.Dialects;

/// <summary>Requests in the common form, and what a dialect writes of them.</summary>
internal static class Requests
{
    public static ChatRequest Say(string text) => Of(User(new TextPart(text)));

    public static ChatRequest Of(params ChatTurn[] turns)
    {
        var request = new ChatRequest { Model = "m", Stream = true };
        request.Turns.AddRange(turns);
        return request;
    }

    public static ChatTurn User(params ChatPart[] parts) => Turn(ChatRole.User, parts);

    public static ChatTurn Assistant(params ChatPart[] parts) => Turn(ChatRole.Assistant, parts);

    public static (JsonNode Json, List<string> Unsupported) Write(IDialect dialect, ChatRequest request, string model, int? window = null)
    {
        var output = new ArrayBufferWriter<byte>();
        var unsupported = new List<string>();
        dialect.WriteRequest(request, new RequestTarget(model, "p", TargetQuirks.None, ContextWindow: window), output, unsupported);
        return (JsonNode.Parse(output.WrittenSpan)!, unsupported);
    }

    private static ChatTurn Turn(ChatRole role, ChatPart[] parts)
    {
        var turn = new ChatTurn(role);
        turn.Parts.AddRange(parts);
        return turn;
    }
}
