using System.Net.Http.Headers;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Clients;

/// <summary>One official client's whole run: the built gateway before a scripted provider, everything asked once, the replies kept for the tests.</summary>
public sealed class ClientStage<TClient> : IAsyncLifetime
    where TClient : OfficialClient, new()
{
    private readonly TClient _client = new();
    private IReadOnlyDictionary<string, ClientReply> _replies = new Dictionary<string, ClientReply>();
    private Dictionary<string, int> _requests = [];
    private ScriptedServer? _server;
    private GatewayProcess? _gateway;

    /// <summary>The provider. Its models are named after the asks.</summary>
    internal ScriptedServer Server => _server!;

    public string GatewayLog => _gateway!.Log;

    public async ValueTask InitializeAsync()
    {
        if (_client.Missing is not null) return;
        using var turn = await ClientTurn.TakeAsync();
        _server = ScriptedServer.Start(new ScriptedOptions { LogCapacity = 100_000 });
        ClientScripts.AddTo(_server);
        _gateway = await GatewayProcess.StartAsync(ClientAsks.Config(_server).ToJsonString(), new Dictionary<string, string> { ["OPENCLAW_GATEWAY_TOKEN"] = ClientAsks.Token });
        _replies = await _client.RunAsync(_gateway.Url, ClientAsks.Token, ClientAsks.All);
        _requests = await RequestsAsync(_gateway.Url);
    }

    /// <summary>The reply to an ask; skips the test where the client cannot be run.</summary>
    public ClientReply Reply(string ask)
    {
        if (_client.Missing is { } why) Assert.Skip(why);
        Assert.True(_replies.ContainsKey(ask), $"{typeof(TClient).Name} gave no reply to {ask}");
        return _replies[ask];
    }

    public ClientReply Reply(string ask, Wire wire) => Reply(ClientAsks.Name(ask, wire));

    /// <summary>How many requests the gateway got for it, the client's own retries among them.</summary>
    public int Requests(string ask) => _requests.GetValueOrDefault(ClientAsks.All.Single(a => a.Name == ask).Model);

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null) await _gateway.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }

    private static async Task<Dictionary<string, int>> RequestsAsync(Uri gateway)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway, "/openclaw/v1/decisions?limit=1000"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ClientAsks.Token);
        using var response = await http.SendAsync(request);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return document.RootElement.GetProperty("decisions").EnumerateArray()
            .GroupBy(d => d.GetProperty("requested").GetString()!)
            .ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
    }
}
