using System.Threading.Channels;
using OpenClaw.Config;
using OpenClaw.Gateway;

namespace OpenClaw.Tests.Gateway.State;

/// <summary>A gateway whose file is rewritten under it, second by second of a clock that the test moves.</summary>
internal sealed class ReloadStage : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("openclaw-reload-").FullName;
    private readonly Channel<string> _log = Channel.CreateUnbounded<string>();
    private GatewayHost? _host;

    public ManualTime Time { get; } = new();

    public string File => Path.Combine(_folder, "openclaw.json");

    public GatewayOptions Options => new()
    {
        ConfigPath = File, Port = 0, Time = Time, Environment = ConfigEnvironment.Empty, Log = line => _log.Writer.TryWrite(line),
    };

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    public static async Task<ReloadStage> StartAsync(string config)
    {
        var stage = new ReloadStage();
        stage.Write(config);
        var (host, refusal) = await GatewayHost.StartAsync(stage.Options);
        Assert.True(host is not null, refusal?.Message);
        stage._host = host;
        return stage;
    }

    public void Write(string config) => System.IO.File.WriteAllText(File, config);

    /// <summary>Writes the file, lets a second go by and returns what the gateway says of it.</summary>
    public Task<string> ReloadAsync(string config)
    {
        Write(config);
        return TickAsync();
    }

    /// <summary>Lets a second go by and returns the next line that tells of a reload.</summary>
    public async Task<string> TickAsync()
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var line = await _log.Reader.ReadAsync(limit.Token);
            if (line.StartsWith("reload", StringComparison.Ordinal)) return line;
        }
    }

    public async Task<(HttpResponseMessage Answer, string Body)> PostAsync(string path, string json)
    {
        using var body = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        var answer = await Client.PostAsync(new Uri(_host!.Address, path), body);
        return (answer, await answer.Content.ReadAsStringAsync());
    }

    public async Task<string> GetAsync(string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_host!.Address, path));
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        using var answer = await Client.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    public async Task<int> StatusAsync(string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_host!.Address, "/openclaw/v1/status"));
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        using var answer = await Client.SendAsync(request);
        return (int)answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_host is not null) await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
