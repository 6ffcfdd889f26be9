using System.Collections.Immutable;
using System.Text.Json;
using OpenClaw.Client;

namespace OpenClaw.Commands.Models;

/// <summary>Reads the control API's answers.</summary>
internal static class GatewayModels
{
    /// <param name="models"><c>/openclaw/v1/models</c>.</param>
    /// <param name="status"><c>/openclaw/v1/status</c>.</param>
    /// <param name="config"><c>/openclaw/v1/config</c>; undefined when the gateway does not have it.</param>
    public static ModelsView Read(string gateway, JsonElement models, JsonElement status, JsonElement config) => new()
    {
        Gateway = gateway,
        Default = models.Text("default"),
        Fallbacks = [.. models.Texts("fallbacks")],
        Aliases = [.. models.Members("aliases").Select(static a => new AliasRow(a.Name, [.. a.Value.EnumerateArray().Select(static r => r.GetString() ?? "")]))],
        Allowed = config.Child("models").Child("allowlist").ValueKind == JsonValueKind.Array ? [.. config.Child("models").Texts("allowlist")] : null,
        Providers = [.. status.Items("providers").Select(Provider)],
        Models = [.. models.Items("models").Where(static m => m.Text("key")?.Contains('/') == true).Select(Model)],
    };

    public static ProviderRow Provider(JsonElement json) => new(
        json.Text("id") ?? "", json.Text("api") ?? "", json.Text("baseUrl") ?? "", json.Flag("local"), [.. json.Items("keys").Select(Key)], json.Text("missing"));

    private static KeyRow Key(JsonElement json) => new(
        json.Text("alias") ?? "",
        json.Text("state") is null or "ok" or "parked" ? null : json.Text("state"),
        [.. json.Items("parked").Select(static p => new ParkRow(p.Text("model"), p.Text("reason") ?? "unknown", p.Time("until")))]);

    private static ModelRow Model(JsonElement json)
    {
        var key = json.Text("key")!;
        return new ModelRow(
            key,
            json.Text("name") ?? key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..],
            [.. json.Texts("input")],
            (long?)json.Number("contextWindow"),
            json.Flag("local"),
            json.Flag("allowed"),
            json.Flag("available"),
            [.. json.Texts("tags"), "configured"],
            json.Text("missing"))
        {
            Price = json.Child("price"),
        };
    }
}
