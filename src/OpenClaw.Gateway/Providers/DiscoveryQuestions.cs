using System.Buffers;
using System.Net;
using System.Text.Json;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Dispatch.Http;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Providers;

/// <summary>
/// Asks one server for its models. Ollama: <c>/api/tags</c>, then <c>/api/show</c> for each model that is new or changed;
/// all others: <c>/v1/models</c>. Connections of its own, closed after each answer, so that a count of a provider's
/// connections is a count of calls.
/// </summary>
internal sealed class DiscoveryQuestions(TimeProvider time) : IDisposable
{
    private const int MaxBytes = 8 * 1024 * 1024;
    private const int MaxModels = 1000;
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_altogether = TimeSpan.FromSeconds(45);

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(3),
        Proxy = OutwardProxy.Instance,
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 64,
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,
    });

    /// <summary>The models, or why there is no list, as the end of a sentence that begins with the server. Throws only when cancelled.</summary>
    /// <param name="before">What it said the last time: details of models that did not change are not asked for again.</param>
    public async Task<(IReadOnlyList<DiscoveredModel>? Models, string? Problem)> AskAsync(
        ServedPlace place, ProviderEntry entry, Secret? key, ServedModels? before, CancellationToken cancel)
    {
        using var altogether = new CancellationTokenSource(s_altogether, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(altogether.Token, cancel);
        var path = place.Kind switch
        {
            DialectKind.Ollama => "/api/tags",
            DialectKind.Anthropic => "/v1/models",
            _ => "/models",
        };
        var (body, problem) = await CallAsync(place, entry, key, HttpMethod.Get, path, null, linked.Token, cancel).ConfigureAwait(false);
        if (body is null) return (null, problem);
        var models = place.Kind == DialectKind.Ollama ? OllamaTags.Read(body) : OpenAiModels.Read(body);
        if (models is null) return (null, "answers with no list of models");
        if (models.Count > MaxModels) models = [.. models.Take(MaxModels)];
        if (place.Kind != DialectKind.Ollama) return (models, null);
        var detailed = new List<DiscoveredModel>(models.Count);
        foreach (var model in models)
        {
            detailed.Add(Unchanged(model, before) ?? await ShowAsync(place, entry, key, model, linked.Token, cancel).ConfigureAwait(false));
        }
        return (detailed, null);
    }

    public void Dispose() => _http.Dispose();

    private static DiscoveredModel? Unchanged(DiscoveredModel model, ServedModels? before) =>
        model.Digest is not null && before?.Find(model.Id) is { ContextWindow: not null } known && known.Digest == model.Digest ? known : null;

    private async Task<DiscoveredModel> ShowAsync(
        ServedPlace place, ProviderEntry entry, Secret? key, DiscoveredModel model, CancellationToken bounded, CancellationToken cancel)
    {
        var question = new ArrayBufferWriter<byte>(64);
        using (var json = new Utf8JsonWriter(question))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, model.Id);
            json.WriteEndObject();
        }
        var (body, _) = await CallAsync(place, entry, key, HttpMethod.Post, "/api/show", question.WrittenMemory, bounded, cancel).ConfigureAwait(false);
        return body is not null && OllamaShow.Read(body) is { } show ? model with { ContextWindow = show.ContextWindow, Abilities = show.Abilities } : model;
    }

    private async Task<(byte[]? Body, string? Problem)> CallAsync(
        ServedPlace place, ProviderEntry entry, Secret? key, HttpMethod method, string path, ReadOnlyMemory<byte>? body, CancellationToken bounded, CancellationToken cancel)
    {
        using var answerTime = new CancellationTokenSource(s_answer, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(answerTime.Token, bounded);
        try
        {
            using var request = new HttpRequestMessage(method, place.Root + path) { Content = body is { } bytes ? PlatformClient.Json(bytes) : null };
            request.Headers.ConnectionClose = true;
            foreach (var (name, value) in TargetCalls.Identity(entry, place.Kind, key)) request.Headers.TryAddWithoutValidation(name, value);
            if (place.Kind == DialectKind.Anthropic) request.Headers.TryAddWithoutValidation(AnthropicHeaders.Version, AnthropicHeaders.DefaultVersion);
            using var response = await _http.SendAsync(request, linked.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK) return (null, $"answers {(int)response.StatusCode} when asked for its models");
            return await ReadAsync(response, linked.Token).ConfigureAwait(false) is { } answer ? (answer, null) : (null, "answers with too long a list of models");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (null, "does not answer");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidOperationException or UriFormatException or InvalidDataException)
        {
            return (null, "does not answer");
        }
    }

    private static async Task<byte[]?> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        using var all = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0)
        {
            if (all.Length + read > MaxBytes) return null;
            all.Write(buffer, 0, read);
        }
        return all.ToArray();
    }
}
