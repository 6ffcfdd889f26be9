using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace OpenClaw.EndToEnd.Running;

/// <summary>An answer read whole.</summary>
internal sealed record PlainAnswer(int Status, string Body, Dictionary<string, string> Headers)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>The error's own type: OpenAI's <c>error.type</c> or Anthropic's, whichever shape it has.</summary>
    public string Shape => JsonNode.Parse(Body) switch
    {
        JsonObject o when o["type"]?.GetValue<string>() == "error" && o["error"]?["type"] is not null => "anthropic",
        JsonObject o when o["error"] is JsonObject e && e.ContainsKey("status") => "gemini",
        JsonObject o when o["error"] is JsonObject e && e.ContainsKey("type") && e.ContainsKey("code") => "openai",
        JsonObject o when o["error"] is JsonValue => "ollama",
        _ => "none",
    };
}

/// <summary>Plain calls to a gateway.</summary>
internal static class GatewayCalls
{
    public const string Chat = """{"model":"p/ok","messages":[{"role":"user","content":"hello"}]}""";

    public const string Messages = """{"model":"a/ok","max_tokens":100,"messages":[{"role":"user","content":"hello"}]}""";

    private static readonly HttpClient s_http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(30) };

    public static async Task<PlainAnswer> CallAsync(
        this GatewayProcess gateway, string method, string path, string? body = null, IReadOnlyDictionary<string, string>? headers = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Url, path));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers ?? new Dictionary<string, string>()) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await s_http.SendAsync(request, TestContext.Current.CancellationToken);
        var all = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(",", h.Value), StringComparer.OrdinalIgnoreCase);
        return new PlainAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), all);
    }

    public static Task<PlainAnswer> GetAsync(this GatewayProcess gateway, string path, IReadOnlyDictionary<string, string>? headers = null) => gateway.CallAsync("GET", path, null, headers);

    public static async Task<JsonNode> StatusAsync(this GatewayProcess gateway, IReadOnlyDictionary<string, string>? headers = null) =>
        (await gateway.GetAsync("/openclaw/v1/status", headers)).Json;

    /// <summary>The decision of an answer.</summary>
    public static async Task<JsonNode> DecisionAsync(this GatewayProcess gateway, string id, IReadOnlyDictionary<string, string>? headers = null)
    {
        // It is put down when the last byte is out: a client may be a moment quicker.
        var answer = await Until.TrueAsync("the decision " + id, () => gateway.GetAsync("/openclaw/v1/decisions/" + id, headers), a => a.Status == (int)HttpStatusCode.OK);
        return answer.Json;
    }
}
