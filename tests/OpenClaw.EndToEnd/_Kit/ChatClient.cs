using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenClaw.EndToEnd;

internal enum ClientProtocol
{
    /// <summary>POST /v1/chat/completions.</summary>
    Chat,

    /// <summary>POST /v1/messages.</summary>
    Messages,
}

/// <param name="Headers">Further request headers.</param>
internal sealed record ChatAsk(string Model, ClientProtocol Protocol, bool Stream, string Prompt = "Say the sixty words.")
{
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public bool WithTool { get; init; }

    /// <summary>Further fields of the body; they replace what is there.</summary>
    public JsonObject? Extra { get; init; }

    /// <summary>Called after each event of a stream.</summary>
    public Action<ChatReply>? OnEvent { get; init; }

    /// <summary>After this the client gives up: that is a hang, and counts as broken.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>A client made of HTTP and JSON only, so that nothing forgives what a gateway sends.</summary>
internal sealed class ChatClient(Uri gateway) : IDisposable
{
    // Whoever leaves hangs up: by default the rest of an answer is read, so that the connection can be used again.
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10), MaxResponseDrainSize = 0 })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<ChatReply> AskAsync(ChatAsk ask, CancellationToken cancel = default)
    {
        var reply = new ChatReply();
        var watch = Stopwatch.StartNew();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ask.Limit);
        try
        {
            using var request = Request(ask);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            reply.Status = (int)response.StatusCode;
            foreach (var (name, values) in response.Headers) reply.Headers[name] = string.Join(",", values);
            var type = response.Content.Headers.ContentType?.MediaType ?? "";
            if (type == "text/event-stream") await ReadStreamAsync(response, ask, reply, watch, limit.Token);
            else await ReadWholeAsync(response, ask, type, reply, limit.Token);
        }
        catch (OperationCanceledException)
        {
            reply.Broken = cancel.IsCancellationRequested ? "cancelled" : $"no end within {ask.Limit.TotalSeconds:F0} s";
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            reply.Broken = e.Message;
        }
        reply.Elapsed = watch.Elapsed;
        return reply;
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(ChatAsk ask)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, ask.Protocol == ClientProtocol.Chat ? "/v1/chat/completions" : "/v1/messages"))
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Body(ask))) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        if (ask.Protocol == ClientProtocol.Messages) request.Headers.Add("anthropic-version", "2023-06-01");
        foreach (var (name, value) in ask.Headers) request.Headers.Add(name, value);
        return request;
    }

    private static string Body(ChatAsk ask)
    {
        var body = new JsonObject
        {
            ["model"] = ask.Model,
            ["stream"] = ask.Stream,
            ["max_tokens"] = 1000,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = ask.Prompt }),
        };
        if (ask.Protocol == ClientProtocol.Chat && ask.Stream) body["stream_options"] = new JsonObject { ["include_usage"] = true };
        if (ask.WithTool)
        {
            var schema = JsonNode.Parse("""{"type":"object","properties":{"city":{"type":"string"},"unit":{"type":"string"},"days":{"type":"integer"}}}""");
            body["tools"] = ask.Protocol == ClientProtocol.Chat
                ? new JsonArray(new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = "get_weather", ["parameters"] = schema } })
                : new JsonArray(new JsonObject { ["name"] = "get_weather", ["input_schema"] = schema });
        }
        foreach (var (name, value) in ask.Extra ?? []) body[name] = value?.DeepClone();
        return body.ToJsonString();
    }

    private static async Task ReadWholeAsync(HttpResponseMessage response, ChatAsk ask, string type, ChatReply reply, CancellationToken cancel)
    {
        var text = await response.Content.ReadAsStringAsync(cancel);
        reply.Frames.Add(text);
        if (type != "application/json") reply.Violations.Add($"content type {type}");
        if (reply.Status == 200 && ask.Stream) reply.Violations.Add("a stream was asked for");
        try
        {
            using var document = JsonDocument.Parse(text);
            if (ask.Protocol == ClientProtocol.Chat) OpenAiAssembler.Whole(document.RootElement, reply);
            else AnthropicAssembler.Whole(document.RootElement, reply);
            reply.Ended = true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            reply.Violations.Add("the body is not the protocol's: " + e.Message);
        }
    }

    private static async Task ReadStreamAsync(HttpResponseMessage response, ChatAsk ask, ChatReply reply, Stopwatch watch, CancellationToken cancel)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel), Encoding.UTF8);
        var onEvent = () =>
        {
            if (reply.FirstToken is null && reply.TextBuilder.Length > 0) reply.FirstToken = watch.Elapsed;
            ask.OnEvent?.Invoke(reply);
        };
        await ReadEventsAsync(reader, ask.Protocol, reply, onEvent, cancel);
    }

    /// <summary>Reads the body of a stream to its end.</summary>
    public static async Task ReadEventsAsync(TextReader reader, ClientProtocol protocol, ChatReply reply, Action? onEvent, CancellationToken cancel)
    {
        StreamAssembler assembler = protocol == ClientProtocol.Chat ? new OpenAiAssembler(reply) : new AnthropicAssembler(reply);
        var (name, data) = ("", new StringBuilder());
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            if (line.StartsWith("event:", StringComparison.Ordinal)) name = line[6..].Trim();
            else if (line.StartsWith("data:", StringComparison.Ordinal)) data.Append(line.AsSpan(line.Length > 5 && line[5] == ' ' ? 6 : 5));
            else if (line.Length > 0 && !line.StartsWith(':')) reply.Violations.Add("a line that is not an event's: " + line);
            if (line.Length > 0 || data.Length == 0) continue;
            reply.Frames.Add(data.ToString());
            assembler.Event(name, data.ToString());
            (name, data) = ("", new StringBuilder());
            onEvent?.Invoke();
        }
        if (data.Length > 0) reply.Violations.Add("the stream stops in mid-event");
        assembler.Close();
    }
}
