using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using OpenClaw.Config;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Commands.Models;

/// <summary><c>openclaw models list</c>.</summary>
internal static class ModelsList
{
    public static Command Build()
    {
        var command = new Command("list", "The models that may be asked for");
        var gateway = new GatewayOptionSet(command);
        var all = new Option<bool>("--all") { Description = "Also those that the allowlist shuts out, and all that is known of the configured providers" };
        var local = new Option<bool>("--local") { Description = "Only those of one's own servers" };
        var provider = new Option<string?>("--provider") { Description = "Only this provider's", HelpName = "ID" };
        var json = CommonOptions.Json();
        var plain = new Option<bool>("--plain") { Description = "References only, one a line" };
        foreach (var option in new Option[] { all, local, provider, json, plain }) command.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var asJson = parsed.GetValue(json);
            var (view, code) = await ModelsSource.ReadAsync(gateway.Read(parsed), asJson, cancel).ConfigureAwait(false);
            if (view is null) return code;
            var only = parsed.GetValue(provider) is { } id ? ProviderCatalog.CanonicalId(id) : null;
            if (only is not null && view.Providers.All(p => p.Id != only)) return UnknownProvider(asJson, view, only);
            var rows = Choose(view, parsed.GetValue(all), parsed.GetValue(local), only);
            if (asJson) Terminal.Json(writer => Write(writer, rows));
            else if (parsed.GetValue(plain)) Terminal.Write(string.Concat(rows.Select(static r => r.Key + "\n")));
            else Show(rows, view, only, parsed.GetValue(local));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The default chain first, in its order; then by reference. <paramref name="all"/> adds the catalogue of public models.</summary>
    public static List<ModelRow> Choose(ModelsView view, bool all, bool localOnly, string? provider)
    {
        var models = all ? view.Models.Concat(Catalogue(view)) : view.Models;
        var chain = new List<string>(view.Fallbacks);
        if (view.Default is not null) chain.Insert(0, view.Default);
        return [.. models
            .Where(m => (all || m.IsAllowed) && (!localOnly || m.IsLocal) && (provider is null || m.Provider == provider))
            .OrderBy(m => chain.IndexOf(m.Key) is >= 0 and var place ? place : int.MaxValue)
            .ThenBy(static m => m.Key, StringComparer.Ordinal)];
    }

    private static IEnumerable<ModelRow> Catalogue(ModelsView view)
    {
        var listed = view.Models.Select(static m => m.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var known in ModelCatalog.All)
        {
            var reference = new ModelRef(known.Provider, known.Id);
            if (view.Providers.FirstOrDefault(p => p.Id == known.Provider) is not { } provider || listed.Contains(reference.ToString())) continue;
            ImmutableArray<string> input = known.TakesImages ? ["text", "image"] : ["text"];
            yield return new ModelRow(reference.ToString(), known.Id, input, known.ContextWindow, provider.IsLocal, view.IsAllowed(reference), provider.Missing is null, ["known"], null);
        }
    }

    public static string Table(IEnumerable<ModelRow> rows)
    {
        var table = new TextTable("Model", "Input", "Ctx", "Local", "Auth", "Tags");
        foreach (var row in rows)
        {
            var tags = row.IsAllowed ? row.Tags : row.Tags.Add("not-allowed");
            table.Add(row.Key, string.Join('+', row.Input), Readable.Tokens(row.ContextWindow), YesNo(row.IsLocal), YesNo(row.IsAvailable), string.Join(',', tags));
        }
        return table.ToString();
    }

    public static void Write(Utf8JsonWriter json, List<ModelRow> rows)
    {
        json.WriteStartObject();
        json.WriteNumber("count"u8, rows.Count);
        json.WriteStartArray("models"u8);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteString("key"u8, row.Key);
            json.WriteString("name"u8, row.Name);
            json.WriteString("input"u8, string.Join('+', row.Input));
            if (row.ContextWindow is { } window) json.WriteNumber("contextWindow"u8, window);
            else json.WriteNull("contextWindow"u8);
            json.WriteBoolean("local"u8, row.IsLocal);
            json.WriteBoolean("available"u8, row.IsAvailable);
            json.WriteStartArray("tags"u8);
            foreach (var tag in row.Tags) json.WriteStringValue(tag);
            if (!row.IsAllowed) json.WriteStringValue("not-allowed"u8);
            json.WriteEndArray();
            if (row.Price.ValueKind == JsonValueKind.Object)
            {
                json.WritePropertyName("price"u8);
                row.Price.WriteTo(json);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Show(List<ModelRow> rows, ModelsView view, string? provider, bool localOnly)
    {
        if (rows.Count > 0)
        {
            Terminal.Write(Table(rows));
            return;
        }
        Terminal.Line("no model to show");
        var isOpen = view.Providers.Any(p => provider is null || p.Id == provider);
        Terminal.Line(localOnly ? "hint: openclaw models scan asks the servers of this machine"
            : isOpen ? "hint: no model is named in the configuration; a provider without a models list serves any name it knows. --all shows what is known"
            : "hint: set a provider's key (OPENAI_API_KEY, …), or name providers under models.providers");
    }

    private static int UnknownProvider(bool json, ModelsView view, string id)
    {
        var near = NearestReferences.Of(id, [.. view.Providers.Select(static p => p.Id)], 3);
        return Terminal.Fail(json, $"unknown provider: {id}", near.Count > 0 ? "configured: " + string.Join(", ", near) : "no provider is configured");
    }

    private static string YesNo(bool value) => value ? "yes" : "no";
}
