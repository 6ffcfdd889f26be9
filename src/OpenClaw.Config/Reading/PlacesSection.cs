using System.Collections.Immutable;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads <c>storage</c> and <c>alerts</c>. Both may hold passwords, so no value is repeated in a problem.</summary>
internal static class PlacesSection
{
    private static readonly string[] StorageStarts = ["sqlite:", "postgres://", "postgresql://"];

    public static StorageConfig ReadStorage(ReadContext context)
    {
        var node = context.Root["storage"];
        var defaults = new StorageConfig();
        return new StorageConfig
        {
            Url = ReadStorageUrl(context, node?["url"]) ?? defaults.Url,
            Retention = context.Duration(node?["retention"], TimeSpan.FromDays(1), TimeSpan.FromDays(3650)) ?? defaults.Retention,
            MaxBytes = ReadSize(context, node?["maxSize"]) ?? defaults.MaxBytes,
        };
    }

    private static string? ReadStorageUrl(ReadContext context, ConfigNode? node)
    {
        if (context.Text(node) is not { } url) return null;
        if (url.Equals(StorageConfig.None, StringComparison.OrdinalIgnoreCase)) return StorageConfig.None;
        // While converting, a part of the address may only be known with the environment.
        if (context.KeepsVariables && node!.HasVariables) return url;
        var start = StorageStarts.FirstOrDefault(s => url.StartsWith(s, StringComparison.OrdinalIgnoreCase));
        if (start is not null && url.Length > start.Length)
        {
            if (start == StorageStarts[0] || PostgresUrl.Read(url) is not { Problem: { } problem } refused) return url;
            context.Problems.Error(node, $"storage.url cannot be used: {problem}", refused.Instead);
            return null;
        }
        context.Problems.Error(node, start is null ? "storage.url begins with no known kind of storage" : "storage.url names no place", "Write \"sqlite:openclaw.db\" or \"postgres://user@host/database\".");
        return null;
    }

    /// <summary>A budget is a sum over what was written down.</summary>
    public static void CheckBudgets(ReadContext context, OpenClawConfig config)
    {
        if (config.Storage.Url != StorageConfig.None) return;
        if (config.Budgets.IsEmpty && config.Clients.All(static c => c.Budgets.IsEmpty)) return;
        context.Problems.Error(context.Root["storage"]?["url"], "without storage nothing is written down, and a budget has nothing to count", "Remove the budgets, or write \"sqlite:openclaw.db\".");
    }

    private static long? ReadSize(ReadContext context, ConfigNode? node)
    {
        if (ReadContext.Number(node) is { } bytes) return (long)Math.Clamp(bytes, SizeText.Least, SizeText.Most);
        if (context.Text(node) is not { } text) return null;
        if (SizeText.TryParse(text, out var size) && size >= SizeText.Least) return size;
        if (!(context.KeepsVariables && node!.HasVariables)) context.Problems.Error(node, "storage.maxSize is not a size from 10MB up", "Write \"500MB\" or \"2GB\".");
        return null;
    }

    public static ImmutableArray<AlertConfig> ReadAlerts(ReadContext context)
    {
        var alerts = ImmutableArray.CreateBuilder<AlertConfig>();
        foreach (var node in ReadContext.Items(context.Root["alerts"]))
        {
            var url = context.Text(node["url"]);
            if (url is null)
            {
                if (node.Members.All(static m => m.Key != "url")) context.Problems.Error(node, "the alert has no url", "Add \"url\": \"https://example.com/hook\".");
                continue;
            }
            var isAddress = Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0 && uri.UserInfo.Length == 0;
            if (!isAddress && !(context.KeepsVariables && node["url"]!.HasVariables))
            {
                context.Problems.Error(node["url"], "the alert's url is not an absolute http or https address without user name", "Write \"https://host/path\".");
                continue;
            }
            alerts.Add(new AlertConfig { Url = url, SecretEnv = ReadSecretName(context, node["secretEnv"]) });
        }
        return alerts.ToImmutable();
    }

    private static string? ReadSecretName(ReadContext context, ConfigNode? node)
    {
        if (context.Text(node) is not { } name) return null;
        if (Variables.WholeName("$" + name) is not null) return name;
        context.Problems.Error(node, "secretEnv is not the name of a variable", "Write its name without $ and braces, such as \"ALERT_SECRET\".");
        return null;
    }
}
