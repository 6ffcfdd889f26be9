using System.Globalization;
using System.Text.RegularExpressions;
using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Docs;

/// <summary>The classes of failure: what each is in the words of its declaration, and what follows from it.</summary>
internal static partial class FailureTable
{
    private static readonly string[] s_heading = ["class", "what it is", "same target again", "another key", "next target", "rests", "status when nobody answers"];

    public static string Build()
    {
        var declared = File.ReadAllText(Path.Combine(SharedFiles.Repository, "src/OpenClaw.Gateway/Routing/FailureReason.cs"));
        var words = Declaration().Matches(declared).ToDictionary(static m => m.Groups[2].Value, static m => m.Groups[1].Value);
        return CodeTables.Write(s_heading, Enum.GetValues<FailureReason>().Where(static r => r != FailureReason.None).Select(r => Row(r, words[r.ToString()])));
    }

    private static string[] Row(FailureReason reason, string words)
    {
        var plain = FailureDisposition.Of(new UpstreamFailure(reason, ""));
        var asked = FailureDisposition.Of(new UpstreamFailure(reason, "", RetryAfter: TimeSpan.FromSeconds(1)));
        return [CodeTables.Code(reason.ToString()), words, Again(plain, asked), plain.RotateKey ? "yes" : "", Next(plain), Rests(reason, plain), Status(reason)];
    }

    private static string Again(FailureDisposition plain, FailureDisposition asked)
    {
        var first = plain switch
        {
            { SanitizeAndRetry: true } => "at once, without the reasoning of earlier turns",
            { WithoutPrefill: true } => "at once, from the beginning",
            { RetrySameTarget: true } => "once",
            _ when asked.RetrySameTarget => $"once, when it asks for at most {FailureDisposition.ShortWait.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s",
            _ => "",
        };
        var last = plain.RetryWhenLast ? "when no other is left" : "";
        return string.Join("; ", new[] { first, last }.Where(static t => t.Length > 0));
    }

    private static string Next(FailureDisposition plain) => plain switch
    {
        { PolicyChainOnly: true } => "of `contentPolicyFallbacks` only",
        { LargerContextOnly: true } => "with a larger context",
        { NextTarget: true } => "yes",
        _ => "",
    };

    private static string Rests(FailureReason reason, FailureDisposition plain) => (plain.Cooldown, BreakerRules.WeightOf(reason)) switch
    {
        (CooldownScope.Key, _) => "the key",
        (CooldownScope.KeyAndModel, _) => "the key, for this model",
        (_, BreakerWeight.OpensAtOnce) => "the target",
        (_, BreakerWeight.Counts) => "the target, after two in a row",
        _ => "",
    };

    private static string Status(FailureReason reason)
    {
        // A caller who left, and one whose answer was already on its way, get no status.
        if (reason is FailureReason.ClientGone or FailureReason.Cut) return "";
        var error = FailureReport.Of(new Decision("", default, ""), new Target
        {
            Ref = new ModelRef("any", "model"), Name = "any/model", Provider = null!, Dialect = null!, StreamUri = null!, WholeUri = null!,
            Request = null!, Health = null!, Times = default, ThinkingTimes = default,
        }, new UpstreamFailure(reason, ""));
        return (error.Status ?? GatewayErrorTable.Row(error.Kind).Status).ToString(CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"<summary>([^<]+)</summary>\s+(\w+),")]
    private static partial Regex Declaration();
}
