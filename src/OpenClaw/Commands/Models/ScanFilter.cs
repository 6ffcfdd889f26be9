using System.Globalization;
using System.Text.RegularExpressions;
using OpenClaw.Client;

namespace OpenClaw.Commands.Models;

/// <summary>Which of the models that were found are of interest, by upstream's options.</summary>
/// <param name="Provider">The id in the configuration, or who made the model as OpenRouter writes it (<c>qwen/…</c>).</param>
/// <param name="MinParams">Billions of parameters, by what the name says. A name that says none passes no bound.</param>
internal sealed partial record ScanFilter(string? Provider, double? MinParams)
{
    public List<FoundServer> Of(IEnumerable<FoundServer> servers) =>
        [.. servers.Where(s => Provider is null || s.Place.Provider == Provider || s.Models.Any(m => Passes(s, m))).Select(s => s with { Models = [.. s.Models.Where(m => Passes(s, m))] })];

    /// <summary>Billions of parameters: 70 of <c>llama-3.3-70b</c>, 56 of <c>mixtral-8x7b</c>; null when the name says none.</summary>
    public static double? Params(string id)
    {
        if (Size().Match(id) is not { Success: true } found) return null;
        var each = double.Parse(found.Groups["each"].Value, CultureInfo.InvariantCulture);
        return found.Groups["times"].Success ? each * int.Parse(found.Groups["times"].Value, CultureInfo.InvariantCulture) : each;
    }

    private bool Passes(FoundServer server, FoundModel model) =>
        (Provider is null || server.Place.Provider == Provider || model.Id.StartsWith(Provider + "/", StringComparison.OrdinalIgnoreCase))
        && (MinParams is not { } least || Params(model.Id) >= least);

    // Not the active part of a mixture ("30b-a3b"), and at most four digits: what is longer is no size.
    [GeneratedRegex("(?<![a-z0-9.])(?:(?<times>[0-9]{1,3})x)?(?<each>[0-9]{1,4}(?:\\.[0-9]{1,3})?)b(?![a-z0-9])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Size();
}
