using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd;

/// <summary>A cell's verdict by FailoverBench's rules, and what spoke against it.</summary>
internal sealed record Judgement(Verdict Verdict, IReadOnlyList<string> Objections, IReadOnlyList<string> OwnObjections);

internal static class FaultJudge
{
    public static Judgement Judge(FaultResult result)
    {
        var required = Problems(result, CheckLevel.Required);
        var advisory = Problems(result, CheckLevel.Advisory);
        var own = Problems(result, CheckLevel.Ours);
        var replies = result.Cell.Scenario.IsSequence ? result.Sequence.Select(s => s.Reply) : [result.Reply];
        var worst = replies.Select(r => Form(result.Cell.Scenario, r)).MaxBy(f => f.Verdict);
        if (worst.Problem is { } problem) required.Insert(worst.Verdict == Verdict.Fail ? 0 : required.Count, problem);
        var verdict = worst.Verdict == Verdict.Fail || required.Count > (worst.Problem is null ? 0 : 1) ? Verdict.Fail
            : worst.Verdict == Verdict.Safe ? Verdict.Safe
            : worst.Verdict == Verdict.Partial || advisory.Count > 0 ? Verdict.Partial
            : Verdict.Pass;
        return new Judgement(verdict, [.. required, .. advisory], own);
    }

    /// <summary>The whole answer, in the protocol's form, with its finish.</summary>
    public static bool IsWhole(FaultScenario scenario, ChatReply reply) =>
        reply.LooksWhole && reply.Violations.Count == 0 && (scenario.WithTool ? IsWholeTool(reply) : reply.Text == ScriptedAnswer.Text && reply.Finish is "stop" or "end_turn");

    private static (Verdict Verdict, string? Problem) Form(FaultScenario scenario, ChatReply reply)
    {
        if (reply.Broken is { } broken) return (Verdict.Fail, "broken: " + broken);
        if (reply.Violations.Count > 0) return (Verdict.Fail, "not the protocol: " + string.Join("; ", reply.Violations));
        if (scenario.Ideal == FaultIdeal.Error)
        {
            if (reply.IsClearError || (reply.LooksWhole && reply.Text.Length == 0 && reply.Finish is "content_filter" or "refusal")) return (Verdict.Pass, null);
            return IsWhole(scenario, reply) ? (Verdict.Partial, "answered elsewhere") : (Verdict.Fail, "neither an answer nor a clear error: " + reply);
        }
        if (IsWhole(scenario, reply)) return (Verdict.Pass, null);
        if (reply.LooksWhole) return (Verdict.Fail, $"sold as whole: {Difference(reply.Text)}; {reply}");
        return reply.IsClearError ? (Verdict.Safe, "an error instead of the answer: " + reply) : (Verdict.Fail, "neither an answer nor a clear error: " + reply);
    }

    private static bool IsWholeTool(ChatReply reply)
    {
        if (reply.Tools.Count != 1 || reply.Finish is not ("tool_calls" or "tool_use")) return false;
        var (wanted, tool) = (ScriptedAnswer.OneTool[0], reply.Tools[0]);
        return tool.Name == wanted.Name && tool.Id.Length > 0 && TryParse(tool.Arguments.ToString()) is { } got && JsonNode.DeepEquals(got, JsonNode.Parse(wanted.Arguments));
    }

    private static JsonNode? TryParse(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static string Difference(string text)
    {
        var at = 0;
        while (at < Math.Min(text.Length, ScriptedAnswer.Text.Length) && text[at] == ScriptedAnswer.Text[at]) at++;
        return at == text.Length ? $"{ScriptedAnswer.CountWords(text)} of 60 words" : $"differs at {at}: \"{text[at..Math.Min(at + 30, text.Length)]}\"";
    }

    private static List<string> Problems(FaultResult result, CheckLevel level) =>
        [.. result.Cell.Scenario.Checks.Where(c => c.Level == level).Select(c => (c.Name, Problem: c.Problem(result))).Where(c => c.Problem is not null).Select(c => $"{c.Name}: {c.Problem}")];
}
