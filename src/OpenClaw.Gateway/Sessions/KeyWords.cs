using System.Globalization;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Sessions;

/// <summary>What slash commands say of keys that rest or were rejected: alias, why, until when. Never a key, and nothing that a provider wrote about one.</summary>
internal static class KeyWords
{
    // A key may rest for hundreds of models.
    private const int MaxListed = 5;

    /// <summary><c>openai#1 (env:OPENAI_API_KEY)</c>, and what keeps it from being used.</summary>
    public static string Of(KeySnapshot key)
    {
        if (key.Problem is not null) return $"{key.Alias}: {key.Problem}";
        if (key.Parks.Count == 0) return key.Alias;
        var more = key.Parks.Count > MaxListed ? string.Create(CultureInfo.InvariantCulture, $" and {key.Parks.Count - MaxListed} more") : "";
        return $"{key.Alias}: {string.Join(", ", key.Parks.Take(MaxListed).Select(static p => Of(p.Model, p.Park)))}{more}";
    }

    /// <summary>A line for each key that a target of the plan cannot have now.</summary>
    public static IEnumerable<string> Resting(IEnumerable<Target> plan, DateTimeOffset now)
    {
        foreach (var provider in plan.GroupBy(static t => t.Provider))
        {
            foreach (var key in provider.Key.Keys.Snapshot(now))
            {
                foreach (var (model, park) in key.Parks)
                {
                    if (model.Length == 0 || provider.Any(t => t.Ref.Model == model)) yield return $"{key.Alias} {Of(model, park)}";
                }
            }
        }
    }

    private static string Of(string model, KeyPark park)
    {
        var why = park.Reason switch
        {
            FailureReason.RateLimited => "rate limited",
            FailureReason.QuotaExhausted => "out of quota",
            _ => "rejected",
        };
        var scope = model.Length == 0 ? "" : " for " + model;
        return park.Until is { } until
            ? string.Create(CultureInfo.InvariantCulture, $"{why}{scope} until {until.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC")
            : $"{why}{scope} until its value changes";
    }
}
