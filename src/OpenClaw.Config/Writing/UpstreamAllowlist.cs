using OpenClaw.Config.Reading;

namespace OpenClaw.Config.Writing;

/// <summary>
/// The allowlist as upstream's <c>modelPolicy.allow</c>: its wildcard stands behind a slash. Any other becomes the models that
/// the file names, fewer and never more.
/// </summary>
internal static class UpstreamAllowlist
{
    /// <param name="named">The models that the file names of a provider.</param>
    public static IEnumerable<string> Of(IEnumerable<AllowRule> rules, ReadContext context, Func<string, IEnumerable<ModelRef>> named) =>
        rules.SelectMany(r => IsSaid(r) ? [UpstreamWriter.Id(r.Provider) + "/" + r.Pattern] : Narrowed(r, context, named)).Distinct(StringComparer.Ordinal);

    private static bool IsSaid(AllowRule rule) => !rule.IsWildcard || rule.Pattern == "*" || rule.Pattern.EndsWith("/*", StringComparison.Ordinal);

    private static List<string> Narrowed(AllowRule rule, ReadContext context, Func<string, IEnumerable<ModelRef>> named)
    {
        var models = named(rule.Provider).Where(r => rule.Matches(r)).Select(UpstreamWriter.Reference).Distinct(StringComparer.Ordinal).ToList();
        context.Problems.Add(ProblemSeverity.Error, 0, "/models/allowlist",
            $"upstream OpenClaw knows a wildcard only behind a slash, so of \"{rule}\" it allows {(models.Count == 0 ? "nothing" : "only " + string.Join(", ", models))}", "List the models that you use.");
        // An empty policy would allow everything, so the rule stays as the name of a model that there is not.
        return models.Count > 0 ? models : [UpstreamWriter.Id(rule.Provider) + "/" + rule.Pattern[..^1]];
    }
}
