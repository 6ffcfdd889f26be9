using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OpenClaw.Client;

namespace OpenClaw.Demo;

/// <summary>What a caller got. Times in milliseconds since it asked.</summary>
/// <param name="Problem">Why it is not a whole answer, in the caller's eyes; null when it is.</param>
internal sealed record DemoReply(string Text, double? FirstTokenMs, double TotalMs, string? DecisionId, string? Problem)
{
    public int Words => Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
}

/// <summary>A caller of the gateway like any other: plain HTTP, OpenAI's streaming chat.</summary>
internal sealed class DemoClient(Uri gateway) : IDisposable
{
    private readonly HttpClient _http = GatewayClient.Open(gateway, TimeSpan.FromSeconds(15));

    public async Task<DemoReply> AskAsync(string model, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = Body(model) };
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            var id = answer.Headers.TryGetValues("x-openclaw-decision", out var ids) ? ids.First() : null;
            if (!answer.IsSuccessStatusCode) return new DemoReply("", null, watch.Elapsed.TotalMilliseconds, id, $"status {(int)answer.StatusCode}");
            return await ReadAsync(answer, watch, id, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new DemoReply("", null, watch.Elapsed.TotalMilliseconds, null, e.Message);
        }
    }

    /// <summary>Why it went where it went. It is written down just after the answer's last byte.</summary>
    public async Task<JsonElement> DecisionAsync(string? id, CancellationToken cancel)
    {
        for (var tries = 0; id is not null && tries < 40; tries++)
        {
            using var answer = await _http.GetAsync(new Uri("/openclaw/v1/decisions/" + id, UriKind.Relative), cancel).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
            {
                using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false));
                return document.RootElement.Clone();
            }
            await Task.Delay(10, cancel).ConfigureAwait(false);
        }
        return default;
    }

    public void Dispose() => _http.Dispose();

    private static async Task<DemoReply> ReadAsync(HttpResponseMessage answer, Stopwatch watch, string? id, CancellationToken cancel)
    {
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false), Encoding.UTF8);
        var text = new StringBuilder();
        double? first = null;
        var (isDone, hasError) = (false, false);
        while (await reader.ReadLineAsync(cancel).ConfigureAwait(false) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            if (line == "data: [DONE]")
            {
                isDone = true;
                continue;
            }
            using var chunk = JsonDocument.Parse(line[6..]);
            hasError |= chunk.RootElement.TryGetProperty("error", out _);
            foreach (var choice in chunk.RootElement.Items("choices"))
            {
                if (choice.Child("delta").Text("content") is not { Length: > 0 } piece) continue;
                first ??= watch.Elapsed.TotalMilliseconds;
                text.Append(piece);
            }
        }
        var problem = hasError ? "an error in mid-answer" : isDone ? null : "no end of the stream";
        return new DemoReply(text.ToString(), first, watch.Elapsed.TotalMilliseconds, id, problem);
    }

    private static ByteArrayContent Body(string model)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, model);
            json.WriteBoolean("stream"u8, true);
            json.WriteStartArray("messages"u8);
            json.WriteStartObject();
            json.WriteString("role"u8, "user"u8);
            json.WriteString("content"u8, "Say the sixty words."u8);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return new ByteArrayContent(buffer.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
    }
}
