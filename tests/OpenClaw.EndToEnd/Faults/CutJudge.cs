namespace OpenClaw.EndToEnd.Faults;

/// <summary>What may come of a stream that was cut and had a second target: the same answer, or its beginning and a clear error.</summary>
internal static class CutJudge
{
    /// <param name="whole">The reply to the same stream uncut.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? Problem(ChatReply reply, ChatReply whole)
    {
        if (reply.Violations.Count > 0 || reply.Broken is not null) return reply.ToString();
        if (reply.LooksWhole) return IsSame(reply, whole) ? null : $"sold as whole: {reply}\nsaid {Said(reply)}\ninstead of {Said(whole)}";
        if (!reply.IsClearError) return "no clear error: " + reply;
        return whole.IsClearError || whole.Text.StartsWith(reply.Text, StringComparison.Ordinal) ? null : "what came before the error is not its beginning: " + reply.Text;
    }

    /// <summary>A whole answer that says the same.</summary>
    public static bool IsSame(ChatReply reply, ChatReply whole) =>
        reply.LooksWhole && reply.Text == whole.Text && reply.Finish == whole.Finish && reply.Tools.Count == whole.Tools.Count
        && reply.Tools.Zip(whole.Tools).All(t => t.First.Name == t.Second.Name && t.First.Arguments.ToString() == t.Second.Arguments.ToString());

    private static string Said(ChatReply reply) => $"{reply.Finish}: {reply.Text} {string.Join(' ', reply.Tools.Select(t => t.Name + t.Arguments))}";
}
