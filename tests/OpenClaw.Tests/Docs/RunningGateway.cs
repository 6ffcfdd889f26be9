using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OpenClaw.Config;
using OpenClaw.Gateway;

namespace OpenClaw.Tests.Docs;

/// <summary>A gateway on a free port with a configuration of the test's own, and what it decided.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly GatewayHost _host;
    private readonly MemoryStream _lines;
    private readonly string _folder;
    private readonly ManualTime? _time;
    private bool _stopped;

    private RunningGateway(GatewayHost host, MemoryStream lines, string folder, ManualTime? time) => (_host, _lines, _folder, _time) = (host, lines, folder, time);

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    public Uri Address => _host.Address;

    /// <param name="time">Its clock; null: the system's.</param>
    public static async Task<RunningGateway> StartAsync(string config, ManualTime? time = null)
    {
        var folder = Directory.CreateTempSubdirectory("openclaw-docs-").FullName;
        var file = Path.Combine(folder, "openclaw.json");
        await File.WriteAllTextAsync(file, config);
        var lines = new MemoryStream();
        var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions { ConfigPath = file, Port = 0, Environment = ConfigEnvironment.Empty, DecisionOutput = lines, Time = time ?? TimeProvider.System });
        Assert.True(host is not null, refusal?.Message + string.Join('\n', refusal?.Problems ?? []));
        return new RunningGateway(host, lines, folder, time);
    }

    public async Task<(HttpResponseMessage Answer, string Body)> PostAsync(string path, string json, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, path)) { Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        var answer = await Client.SendAsync(request);
        return (answer, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Stops it and returns every decision by id: only then has the last one been written.</summary>
    public async Task<Dictionary<string, JsonElement>> StopAsync()
    {
        await EndAsync(_host.StopAsync());
        await EndAsync(_host.DisposeAsync().AsTask());
        _stopped = true;
        return Encoding.UTF8.GetString(_lines.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonDocument.Parse(line).RootElement.Clone())
            .ToDictionary(static d => d.GetProperty("id").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_stopped) await EndAsync(_host.DisposeAsync().AsTask());
        Directory.Delete(_folder, recursive: true);
    }

    // The last answers are waited for by the gateway's own clock.
    private async Task EndAsync(Task ending)
    {
        while (_time is not null && !ending.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(25));
            await Task.Delay(1);
        }
        await ending;
    }
}
