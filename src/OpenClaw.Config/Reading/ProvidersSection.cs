using System.Collections.Immutable;
using OpenClaw.Config.Keys;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads <c>models.providers</c>.</summary>
internal static class ProvidersSection
{
    public static void Read(ReadContext context, ProviderDrafts drafts)
    {
        foreach (var member in ReadContext.Members(context.Root.At("models", "providers")))
        {
            var id = ProviderCatalog.CanonicalId(member.Name);
            if (!IsId(id))
            {
                context.Problems.Error(member.Value, $"\"{Shown.Text(member.Name)}\" cannot be a provider's id", "Use letters, digits, \"-\", \"_\" and \".\": the id is what stands before the first slash of a reference.");
                continue;
            }
            if (drafts.Find(id) is { } earlier)
            {
                context.Problems.Error(member.Value, $"the provider \"{id}\" is configured twice: here and on line {earlier.Node?.Line}", "Keep one of the two; google and gemini are one provider.");
                continue;
            }
            if (member.Value.IsObject) ReadProvider(context, drafts.Touch(id), member.Value);
        }
    }

    public static bool IsId(string id) =>
        id.Length is > 0 and <= 64 && char.IsAsciiLetterOrDigit(id[0]) && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static void ReadProvider(ReadContext context, ProviderDraft draft, ConfigNode node)
    {
        draft.Node = node;
        draft.Api = Api(context, node["api"]);
        draft.BaseUrl = AddressText.Read(context, node["baseUrl"]);
        if ((draft.Api ?? draft.Preset?.Api) == ApiKind.Scripted)
        {
            draft.ScriptJson = NodeJson.Text(node);
            return;
        }
        WarnOfMissingPath(context, node["baseUrl"], draft.BaseUrl, draft.Api ?? draft.Preset?.Api);
        if (SecretReading.Read(context, node["apiKey"]) is { } key) draft.Keys.Add(key);
        foreach (var item in ReadContext.Items(node["apiKeys"]))
        {
            if (SecretReading.Read(context, item) is { } next) draft.Keys.Add(next);
        }
        draft.Headers = Headers(context, node["headers"]);
        draft.AuthHeader = ReadContext.Flag(node["authHeader"]);
        draft.Prefill = ReadContext.Flag(node["prefill"]);
        draft.Timeout = ReadContext.Number(node["timeoutSeconds"]) is { } seconds ? TimeSpan.FromSeconds((double)seconds) : null;
        draft.RoutingPreferencesJson = ObjectText(node["routing"] ?? node["provider"] ?? node["params"]?["provider"]);
        draft.ExtraBodyJson = ObjectText(node["params"]?["extra_body"]);
        ReadModels(context, draft, node["models"]);
    }

    /// <summary>An OpenAI-compatible server answers under a path, nearly always /v1; without it every call is a 404.</summary>
    public static void WarnOfMissingPath(ReadContext context, ConfigNode? node, string? baseUrl, ApiKind? api)
    {
        if (baseUrl is null || (api ?? ApiKind.OpenAiChat) != ApiKind.OpenAiChat) return;
        if (!Uri.TryCreate(baseUrl, UriKind.Absolute, out var uri) || uri.AbsolutePath != "/") return;
        context.Problems.Warn(node, "the address has no path, and OpenAI-compatible servers answer under one", $"Write \"{baseUrl}/v1\" if the server is one of them.");
    }

    private static void ReadModels(ReadContext context, ProviderDraft draft, ConfigNode? list)
    {
        foreach (var item in ReadContext.Items(list))
        {
            var id = context.Text(item["id"]);
            if (id is null)
            {
                context.Problems.Error(item, "a model has no id", "Add \"id\": the model's name at the provider.");
                continue;
            }
            if (draft.FindModel(id) is not null)
            {
                context.Problems.Error(item, $"the model \"{Shown.Text(id)}\" is listed twice", "Keep one of the two.");
                continue;
            }
            var model = ReadModel(context, item, id);
            draft.Change(id, _ => model);
        }
        draft.ModelsAreClosed = list is { IsArray: true, Items.Count: > 0 } && ReadContext.Flag(draft.Node!["open"]) != true;
    }

    private static ModelConfig ReadModel(ReadContext context, ConfigNode item, string id) => new()
    {
        Id = id,
        Name = context.Text(item["name"]),
        Api = Api(context, item["api"]),
        BaseUrl = AddressText.Read(context, item["baseUrl"]),
        ContextWindow = ReadContext.Integer(item["contextWindow"]),
        MaxTokens = ReadContext.Integer(item["maxTokens"]),
        Input = [.. ReadContext.Items(item["input"]).Where(static i => i.IsString).Select(static i => i.Text).Distinct()],
        Reasoning = ReadContext.Flag(item["reasoning"]),
        Cost = PriceReading.Read(context, item["cost"]),
        RoutingPreferencesJson = ObjectText(item.At("compat", "openRouterRouting") ?? item.At("params", "provider")),
        ExtraBodyJson = ObjectText(item.At("params", "extra_body")),
    };

    public static string? ObjectText(ConfigNode? node) => node is { IsObject: true } ? NodeJson.Text(node) : null;

    public static ApiKind? Api(ReadContext context, ConfigNode? node)
    {
        switch (context.Text(node))
        {
            case null:
                return null;
            case "openai-completions":
                return ApiKind.OpenAiChat;
            case "openai-responses":
                context.Problems.Warn(node, "openai-responses is called through chat completions", "Write \"openai-completions\" if the server has only these.");
                return ApiKind.OpenAiChat;
            case "anthropic-messages":
                return ApiKind.Anthropic;
            case "google-generative-ai":
                return ApiKind.Gemini;
            case "ollama":
                return ApiKind.Ollama;
            case "scripted":
                return ApiKind.Scripted;
            case var text:
                var nearest = Nearest.One(text, KeyTable.ApiNames);
                context.Problems.Error(node, $"{Shown.Value(node!)} is not a supported protocol", $"Write {(nearest is null ? Shown.Choice(KeyTable.ApiNames) : $"\"{nearest}\"")}.");
                return null;
        }
    }

    private static ImmutableSortedDictionary<string, SecretConfig> Headers(ReadContext context, ConfigNode? node)
    {
        var headers = ImmutableSortedDictionary.CreateBuilder<string, SecretConfig>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in ReadContext.Members(node))
        {
            if (member.Name.Length == 0 || !member.Name.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)))
            {
                context.Problems.Error(member.Value, "this is not the name of a request header", "Use letters, digits and \"-\".");
            }
            else if (SecretReading.Read(context, member.Value) is { } value)
            {
                headers[member.Name] = value;
            }
        }
        return headers.ToImmutable();
    }
}
