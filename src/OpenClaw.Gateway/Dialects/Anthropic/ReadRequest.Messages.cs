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

    private void System(JsonElement system, ChatTurn? turn = null)
    {
        if (JsonRead.String(system) is { } text)
        {
            if (text.Length > 0) Instruct(turn, new TextPart(text));
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
                if (!words.StartsWith(BillingNote, StringComparison.Ordinal)) Instruct(turn, new TextPart(words) { CacheControl = CacheControl(block) });
            }
            else Fail($"system.{i}.text", "Field required");
            i++;
        }
    }

    private void Instruct(ChatTurn? turn, TextPart text)
    {
        if (turn is null) _request.System.Add(text);
        else turn.Parts.Add(text);
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
            case "system": MessageSystem(content); break;
            case null: Fail($"{path}.role", "Field required"); break;
            default: Fail($"{path}.role", "Input should be 'user' or 'assistant'"); break;
        }
    }

    // Instructions in mid-conversation stay in their place.
    private void MessageSystem(JsonElement content)
    {
        var turn = _request.Turns.Count == 0 ? null : new ChatTurn(ChatRole.User) { IsSystem = true };
        System(content, turn);
        if (turn?.Parts.Count > 0) _request.Turns.Add(turn);
    }

    private ChatTurn Turn(ChatRole role)
    {
        if (_request.Turns.Count == 0 || _request.Turns[^1].Role != role || _request.Turns[^1].IsSystem) _request.Turns.Add(new ChatTurn(role));
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
