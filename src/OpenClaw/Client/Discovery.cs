using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using OpenClaw.Gateway.Providers;

namespace OpenClaw.Client;

/// <summary>A place to ask.</summary>
/// <param name="Url">Scheme, host, port, and the path of an OpenAI-like API if there is one.</param>
/// <param name="Provider">The id under which its models can be asked for, or null when the configuration does not name it.</param>
/// <param name="Key">Sent only to a server that the configuration names.</param>
/// <param name="IsNamed">True: its silence is reported.</param>
internal sealed record DiscoveryPlace(Uri Url, string? Provider, string? Key, bool IsNamed);

/// <param name="Kind">ollama, vllm, llama.cpp, lmstudio, openrouter, openai.</param>
/// <param name="Problem">Why nothing was found there, or null.</param>
internal sealed record FoundServer(DiscoveryPlace Place, string Kind, string? Problem, ImmutableArray<FoundModel> Models)
{
    /// <summary>A <see cref="Problem"/>: it answers 401 or 403.</summary>
    public const string WantsKey = "wants a key";
}

/// <param name="ContextWindow">Tokens; null when the server does not say.</param>
internal sealed record FoundModel(string Id, long? ContextWindow, bool IsLoaded);

/// <summary>
/// Asks servers what they serve. Told apart by what they have: Ollama <c>/api/tags</c> and <c>/api/show</c>, LM Studio
/// <c>/api/v0/models</c>; vLLM and llama.cpp call themselves by name in <c>/v1/models</c>.
/// </summary>
internal sealed class Discovery(TimeSpan timeout)
{
    private const int MostModels = 300;

    public async Task<FoundServer> AskAsync(DiscoveryPlace place, CancellationToken cancel)
    {
        using var http = GatewayClient.Open(place.Url, timeout);
        http.MaxResponseContentBufferSize = 32 * 1024 * 1024;
        if (place.Key is { } key) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        try
        {
            if (place.Url.Host.EndsWith("openrouter.ai", StringComparison.OrdinalIgnoreCase) || place.Provider == "openrouter") return await OpenRouterAsync(http, place, cancel).ConfigureAwait(false);
            var tags = await GetAsync(http, "/api/tags", cancel).ConfigureAwait(false);
            if (OllamaTags.Read(tags) is not null) return await OllamaAsync(http, place, tags, cancel).ConfigureAwait(false);
            return await OpenAiAsync(http, place, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or FormatException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new FoundServer(place, "-", e is OperationCanceledException ? "no answer in time" : "does not answer", []);
        }
    }

    private static async Task<FoundServer> OllamaAsync(HttpClient http, DiscoveryPlace place, ReadOnlyMemory<byte> tags, CancellationToken cancel)
    {
        var loaded = Names(await GetAsync(http, "/api/ps", cancel).ConfigureAwait(false), "models", "name").ToHashSet();
        var models = ImmutableArray.CreateBuilder<FoundModel>();
        foreach (var model in (OllamaTags.Read(tags) ?? []).Take(MostModels))
        {
            var shown = await ShowAsync(http, model.Id, cancel).ConfigureAwait(false);
            if (shown?.Abilities == ModelAbilities.Embedding) continue;
            models.Add(new FoundModel(model.Id, shown?.ContextWindow, loaded.Contains(model.Id)));
        }
        return new FoundServer(place, "ollama", null, models.ToImmutable());
    }

    private static async Task<OllamaShow?> ShowAsync(HttpClient http, string name, CancellationToken cancel)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, name);
            json.WriteEndObject();
        }
        using var body = new ByteArrayContent(buffer.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var answer = await http.PostAsync(new Uri("/api/show", UriKind.Relative), body, cancel).ConfigureAwait(false);
        return answer.IsSuccessStatusCode ? OllamaShow.Read(await answer.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false)) : null;
    }

    private static async Task<FoundServer> OpenAiAsync(HttpClient http, DiscoveryPlace place, CancellationToken cancel)
    {
        var root = place.Url.AbsolutePath.TrimEnd('/');
        using var answer = await http.GetAsync(new Uri((root.Length == 0 ? "/v1" : root) + "/models", UriKind.Relative), cancel).ConfigureAwait(false);
        if ((int)answer.StatusCode is 401 or 403) return new FoundServer(place, "openai", FoundServer.WantsKey, []);
        ReadOnlyMemory<byte> body = answer.IsSuccessStatusCode ? await answer.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false) : default;
        if (OpenAiModels.Read(body) is not { } listed) return new FoundServer(place, "-", "answers, but not as a model server", []);
        var owners = Names(body, "data", "owned_by").ToHashSet();
        // A gateway of ours lists models too; it is not a server of its own.
        if (owners.Contains("openclaw")) return new FoundServer(place, "-", "is an OpenClaw gateway", []);
        if (OpenAiModels.Read(await GetAsync(http, "/api/v0/models", cancel).ConfigureAwait(false)) is { } studio && studio.Any(static m => m.ContextWindow is not null))
        {
            return new FoundServer(place, "lmstudio", null, [.. studio.Select(static m => new FoundModel(m.Id, m.ContextWindow, IsLoaded: false))]);
        }
        var kind = owners.Contains("vllm") ? "vllm" : owners.Contains("llamacpp") ? "llama.cpp" : "openai";
        return new FoundServer(place, kind, null, [.. listed.Take(MostModels).Select(m => new FoundModel(m.Id, m.ContextWindow, IsLoaded: kind != "openai"))]);
    }

    /// <summary>Only what costs nothing: hundreds of others are for sale there.</summary>
    private static async Task<FoundServer> OpenRouterAsync(HttpClient http, DiscoveryPlace place, CancellationToken cancel)
    {
        using var answer = await http.GetAsync(new Uri(place.Url.AbsolutePath.TrimEnd('/') + "/models", UriKind.Relative), cancel).ConfigureAwait(false);
        ReadOnlyMemory<byte> body = answer.IsSuccessStatusCode ? await answer.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false) : default;
        if (OpenAiModels.Read(body) is not { } listed) return new FoundServer(place, "openrouter", $"answered {(int)answer.StatusCode}", []);
        var free = FreeModels(body);
        return new FoundServer(place, "openrouter", null, [.. listed.Where(m => free.Contains(m.Id)).OrderByDescending(static m => m.ContextWindow ?? 0).Take(MostModels)
            .Select(static m => new FoundModel(m.Id, m.ContextWindow, IsLoaded: false))]);
    }

    private static HashSet<string> FreeModels(ReadOnlyMemory<byte> body)
    {
        static bool IsZero(string? text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var price) && price == 0;
        using var document = DiscoveryJson.TryParse(body);
        if (document is null) return [];
        return [.. document.RootElement.Items("data")
            .Where(static m => IsZero(m.Child("pricing").Text("prompt")) && IsZero(m.Child("pricing").Text("completion")))
            .Select(static m => m.Text("id")).OfType<string>()];
    }

    private static List<string> Names(ReadOnlyMemory<byte> body, string list, string field)
    {
        using var document = DiscoveryJson.TryParse(body);
        return document is null ? [] : [.. document.RootElement.Items(list).Select(i => i.Text(field)).OfType<string>()];
    }

    /// <summary>The body; empty when the server has nothing there.</summary>
    private static async Task<ReadOnlyMemory<byte>> GetAsync(HttpClient http, string path, CancellationToken cancel)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), cancel).ConfigureAwait(false);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false) : default;
    }
}
