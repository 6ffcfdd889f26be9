using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Turns. Messages of one role after another are one turn, as Anthropic itself joins them.</summary>
internal sealed partial class ReadRequest
{
    // Claude Code's note to Anthropic's own billing. It changes with every request, so that no other provider would find its
    // cache of the prompt again, and it says nothing to a model.
    private const string BillingNote = "x-anthropic-billing-header:";

    private readonly Dictionary<string, string> _callNames = [];

    private void System(JsonElement system)
    {
        if (JsonRead.String(system) is { } text)
        {
            if (text.Length > 0) _request.System.Add(new TextPart(text));
            return;
        }
        if (system.ValueKind != JsonValueKind.Array)
        {
            Fail("system", "Input should be a string or an array of text blocks");
            return;
        }
        var i = 0;
        foreach (var block in system.EnumerateArray())
        {
            if (JsonRead.String(block, "text") is { } words)
            {
                if (!words.StartsWith(BillingNote, StringComparison.Ordinal)) _request.System.Add(new TextPart(words) { CacheControl = CacheControl(block) });
            }
            else Fail($"system.{i}.text", "Field required");
            i++;
        }
    }

    private void Messages(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array)
        {
            Fail("messages", "Input should be a valid array");
            return;
        }
        var i = 0;
        foreach (var message in messages.EnumerateArray()) Message($"messages.{i++}", message);
        if (i == 0) Fail("messages", "at least one message is required");
    }

    private void Message(string path, JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("content"u8, out var content))
        {
            Fail($"{path}.content", "Field required");
            return;
        }
        switch (JsonRead.String(message, "role"))
        {
            case "user": Content(path, content, Turn(ChatRole.User)); break;
            case "assistant": AssistantContent(path, content); break;
            // Instructions in the middle of a conversation; the common form keeps all instructions together.
            case "system": System(content); break;
            case null: Fail($"{path}.role", "Field required"); break;
            default: Fail($"{path}.role", "Input should be 'user' or 'assistant'"); break;
        }
    }

    private ChatTurn Turn(ChatRole role)
    {
        if (_request.Turns.Count == 0 || _request.Turns[^1].Role != role) _request.Turns.Add(new ChatTurn(role));
        return _request.Turns[^1];
    }

    private void AssistantContent(string path, JsonElement content)
    {
        var turn = Turn(ChatRole.Assistant);
        Content(path, content, turn);
        // Signatures of calls, which a block of ours carries beside them.
        for (var i = turn.Parts.Count - 1; i >= 0; i--)
        {
            if (turn.Parts[i] is not ReasoningPart { RedactedData: { } data } || !ReasoningMark.TryReadCall(data, out var id, out var signature)) continue;
            turn.Parts.RemoveAt(i);
            for (var k = 0; k < turn.Parts.Count; k++)
            {
                if (turn.Parts[k] is ToolCallPart call && call.Id == id) turn.Parts[k] = call with { Signature = signature };
            }
        }
    }

    private void Content(string path, JsonElement content, ChatTurn turn)
    {
        if (JsonRead.String(content) is { } text)
        {
            turn.Parts.Add(new TextPart(text));
            return;
        }
        if (content.ValueKind != JsonValueKind.Array)
        {
            Fail($"{path}.content", "Input should be a string or an array of content blocks");
            return;
        }
        var i = 0;
        foreach (var block in content.EnumerateArray()) Block($"{path}.content.{i++}", block, turn.Role, turn.Parts);
    }
}
