using System.Text.Json.Nodes;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>A pod as it was seen, and its gateway's door.</summary>
internal sealed record NodePod(JsonNode Json, string Token)
{
    public string Uid => (string)Json["metadata"]!["uid"]!;

    public Uri Url => new($"http://{(string?)Json["status"]!["podIP"]}:18789");

    /// <summary>From its making to its being ready the last time, in whole seconds.</summary>
    public TimeSpan ReadyAfter => Time(((JsonArray)Json["status"]!["conditions"]!).First(static c => (string?)c!["type"] == "Ready")!["lastTransitionTime"]!) - Time(Json["metadata"]!["creationTimestamp"]!);

    public int Restarts => ((JsonArray)Json["status"]!["containerStatuses"]!).Sum(static s => (int)s!["restartCount"]!);

    public static bool IsReady(JsonNode? pod) =>
        pod?["metadata"]?["deletionTimestamp"] is null
        && pod?["status"]?["conditions"] is JsonArray conditions && conditions.Any(static c => (string?)c!["type"] == "Ready" && (string?)c["status"] == "True");

    private static DateTimeOffset Time(JsonNode text) => DateTimeOffset.Parse((string)text!, System.Globalization.CultureInfo.InvariantCulture);

    public async Task<ChatReply> AskAsync(string model, string prompt = "Say the sixty words.", string? session = null)
    {
        using var client = new ChatClient(Url);
        var headers = new Dictionary<string, string> { ["Authorization"] = "Bearer " + Token };
        if (session is not null) headers["x-openclaw-session"] = session;
        return await client.AskAsync(new ChatAsk(model, ClientProtocol.Chat, false, prompt) { Headers = headers }, TestContext.Current.CancellationToken);
    }

    /// <summary>Requests that the ledger knows.</summary>
    public async Task<int> RequestsAsync()
    {
        using var http = new HttpClient { DefaultRequestHeaders = { { "Authorization", "Bearer " + Token } } };
        return (int)JsonNode.Parse(await http.GetStringAsync(new Uri(Url, "/openclaw/v1/usage"), TestContext.Current.CancellationToken))!["total"]!["requests"]!;
    }
}
