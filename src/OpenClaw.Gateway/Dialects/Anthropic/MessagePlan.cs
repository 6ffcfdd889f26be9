namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>One message to write, its parts already in the order and of the kinds that the protocol takes.</summary>
internal sealed record PlannedMessage(ChatRole Role, List<ChatPart> Parts);

/// <summary>
/// The conversation as the protocol wants it: no empty text, no message without content, turns of one role joined, results of
/// tools before everything else, a user first, and no white space or thinking at the very end of an answer to be continued.
/// </summary>
internal sealed class MessagePlan
{
    public List<PlannedMessage> Messages { get; } = [];

    /// <summary>There was no conversation: the instructions became its only message.</summary>
    public bool SystemIsMessage { get; private set; }

    /// <summary>Names of the tools that earlier answers called, in order.</summary>
    public List<string> CalledTools { get; } = [];

    public bool EndsWithAssistant => Messages.Count > 0 && Messages[^1].Role == ChatRole.Assistant;

    /// <summary>The tool loop in progress holds an answer with calls that does not begin with thinking; a thinking request with it is refused.</summary>
    public bool LoopLacksThinking { get; private set; }

    public static MessagePlan Build(ChatRequest request, ICollection<string> unsupported)
    {
        var plan = new MessagePlan();
        foreach (var turn in request.Turns)
        {
            if (turn.Name is not null) unsupported.Note("participant name");
            foreach (var part in turn.Parts)
            {
                if (Accepted(part, turn.Role, unsupported) is { } accepted) plan.Add(turn.Role, accepted);
            }
        }
        unsupported.NoteSilence(request, part => Accepted(part, ChatRole.User, unsupported) is not null);
        plan.TrimEnd();
        foreach (var message in plan.Messages) Order(message);
        plan.BeginWithUser(request, unsupported);
        plan.LoopLacksThinking = plan.FindLoopWithoutThinking();
        return plan;
    }

    private void Add(ChatRole role, ChatPart part)
    {
        if (Messages.Count == 0 || Messages[^1].Role != role) Messages.Add(new PlannedMessage(role, []));
        Messages[^1].Parts.Add(part);
        if (part is ToolCallPart call && !CalledTools.Contains(call.Name)) CalledTools.Add(call.Name);
    }

    private static ChatPart? Accepted(ChatPart part, ChatRole role, ICollection<string> unsupported)
    {
        switch (part)
        {
            case TextPart text: return string.IsNullOrWhiteSpace(text.Text) ? null : text;
            case MediaPart media when role == ChatRole.Assistant:
                unsupported.Note($"{Word(media.Kind)} in an earlier answer");
                return null;
            case MediaPart media: return WriteContent.CanWrite(media, unsupported) ? media : null;
            case ReasoningPart reasoning when role == ChatRole.Assistant: return Reasoning(reasoning, unsupported);
            case ToolCallPart call when role == ChatRole.Assistant: return call;
            case ToolResultPart result when role == ChatRole.User: return result;
            default: return null;
        }
    }

    private static ReasoningPart? Reasoning(ReasoningPart reasoning, ICollection<string> unsupported)
    {
        var replayable = ReasoningMark.MayBeAnthropics(reasoning.RedactedData is { Length: > 0 } data ? data : reasoning.Signature);
        if (replayable) return reasoning;
        unsupported.Note("reasoning of another provider");
        return null;
    }

    private static string Word(MediaKind kind) => kind switch
    {
        MediaKind.Image => "image",
        MediaKind.Document => "document",
        MediaKind.Audio => "audio",
        _ => "video",
    };

    // The last message, when it is an answer to go on from, may end neither with thinking nor with white space.
    private void TrimEnd()
    {
        while (EndsWithAssistant)
        {
            var parts = Messages[^1].Parts;
            while (parts.Count > 0 && parts[^1] is ReasoningPart) parts.RemoveAt(parts.Count - 1);
            if (parts.Count > 0)
            {
                if (parts[^1] is TextPart text) parts[^1] = text with { Text = text.Text.TrimEnd() };
                return;
            }
            Messages.RemoveAt(Messages.Count - 1);
        }
    }

    private static void Order(PlannedMessage message)
    {
        if (message.Role != ChatRole.User) return;
        var results = message.Parts.Where(p => p is ToolResultPart).ToList();
        if (results.Count == 0) return;
        var others = message.Parts.Where(p => p is not ToolResultPart).ToList();
        message.Parts.Clear();
        message.Parts.AddRange(results);
        message.Parts.AddRange(others);
    }

    private void BeginWithUser(ChatRequest request, ICollection<string> unsupported)
    {
        if (Messages.Count > 0 && Messages[0].Role == ChatRole.User) return;
        List<ChatPart> parts = [];
        if (Messages.Count == 0)
        {
            parts.AddRange(request.System.Where(s => !string.IsNullOrWhiteSpace(s.Text)));
            SystemIsMessage = parts.Count > 0;
        }
        if (parts.Count == 0)
        {
            parts.Add(new TextPart(ChatRequest.Beginning));
            unsupported.Note(ChatRequest.WithoutBeginning);
        }
        Messages.Insert(0, new PlannedMessage(ChatRole.User, parts));
    }

    private bool FindLoopWithoutThinking()
    {
        for (var i = Messages.Count - 1; i >= 0; i--)
        {
            var message = Messages[i];
            if (message.Role == ChatRole.User && !message.Parts.Any(p => p is ToolResultPart)) return false;
            if (message.Role == ChatRole.Assistant && message.Parts.Any(p => p is ToolCallPart) && message.Parts[0] is not ReasoningPart) return true;
        }
        return false;
    }
}
