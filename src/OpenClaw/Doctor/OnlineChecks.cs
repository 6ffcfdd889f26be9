using System.Net;
using System.Net.Sockets;
using OpenClaw.Client;
using OpenClaw.Commands;
using OpenClaw.Config;

namespace OpenClaw.Doctor;

/// <summary>What connecting tells: local servers, the gateway's port, providers, the clock. Nothing costs anything, and a key is sent to one's own servers only.</summary>
internal static class OnlineChecks
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_skew = TimeSpan.FromMinutes(2);

    public static async Task<List<DoctorFinding>> OfAsync(OpenClawConfig config, ConfigEnvironment environment, TimeProvider time, CancellationToken cancel)
    {
        var providers = config.Providers.Where(static p => p.Api != ApiKind.Scripted).ToList();
        var reached = await Task.WhenAll(providers.Select(p => ReachAsync(config, p, time, cancel))).ConfigureAwait(false);
        var findings = reached.SelectMany(static r => r.Findings).ToList();
        findings.AddRange(await LocalModelChecks.OfAsync(config, environment, s_patience, cancel).ConfigureAwait(false));
        if (Clock([.. reached.Select(static r => r.Skew).OfType<TimeSpan>()]) is { } clock) findings.Add(clock);
        findings.Add(await PortAsync(config, environment, cancel).ConfigureAwait(false));
        return findings;
    }

    /// <summary>The clock is wrong when whoever tells the time agrees that it is; one server alone may be wrong itself.</summary>
    public static DoctorFinding? Clock(IReadOnlyList<TimeSpan> skews)
    {
        if (skews.Count == 0) return null;
        var middle = skews.Order().ElementAt(skews.Count / 2);
        return middle.Duration() > s_skew
            ? new DoctorFinding(DoctorSeverity.Warns, "clock", $"this machine's clock is {Readable.Time(middle.Duration())} {(middle > TimeSpan.Zero ? "behind" : "ahead")}", "Set it (NTP): certificates, quota windows and budgets go by it.")
            : new DoctorFinding(DoctorSeverity.Fine, "clock", "the clock agrees with the providers'");
    }

    private static async Task<(List<DoctorFinding> Findings, TimeSpan? Skew)> ReachAsync(OpenClawConfig config, ProviderConfig provider, TimeProvider time, CancellationToken cancel)
    {
        var findings = new List<DoctorFinding>();
        TimeSpan? skew = null;
        // A provider may have an address of its own for each model.
        foreach (var url in provider.Models.Select(static m => m.BaseUrl).Append(provider.Models.All(static m => m.BaseUrl is not null) && provider.Models.Length > 0 ? null : provider.BaseUrl).OfType<string>().Distinct())
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri)) continue;
            var (problem, date) = await GetAsync(uri, cancel).ConfigureAwait(false);
            if (date is { } said) skew ??= said - time.GetUtcNow();
            var inChain = config.Models.Chain.Any(r => r.Provider == provider.Id && (provider.FindModel(r.Model)?.BaseUrl ?? provider.BaseUrl) == url);
            findings.Add(problem is null
                ? new DoctorFinding(DoctorSeverity.Fine, provider.IsLocal ? "local" : "reach", $"{provider.Id} answers at {uri.GetLeftPart(UriPartial.Authority)}")
                : new DoctorFinding(inChain ? DoctorSeverity.Fails : DoctorSeverity.Warns, provider.IsLocal ? "local" : "reach", $"{provider.Id} does not answer at {uri.GetLeftPart(UriPartial.Authority)}: {problem}", Advice(provider, uri)));
        }
        return (findings, skew);
    }

    private static string Advice(ProviderConfig provider, Uri url) => provider switch
    {
        { Preset: "ollama" } => "Start it (ollama serve), or correct its address.",
        { IsLocal: true } when url.IsLoopback => "Start the server, or correct its baseUrl. From a container, this machine is not localhost.",
        { IsLocal: true } => "Start the server, correct its baseUrl, or open the network policy to it.",
        _ => "Check the network, the proxy (HTTPS_PROXY) and the firewall.",
    };

    /// <summary>Any answer of its own will do; its Date tells the time.</summary>
    private static async Task<(string? Problem, DateTimeOffset? Date)> GetAsync(Uri url, CancellationToken cancel)
    {
        using var http = GatewayClient.Open(url, s_patience);
        try
        {
            using var answer = await http.GetAsync(new Uri("/", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            return (answer.StatusCode == HttpStatusCode.ProxyAuthenticationRequired ? "the proxy refuses its user name or password (407)" : null, answer.Headers.Date);
        }
        catch (HttpRequestException e)
        {
            return (e.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "the name is not known",
                HttpRequestError.SecureConnectionError => "no secure connection (certificate)",
                HttpRequestError.ConnectionError => "nothing listens there",
                _ => "it breaks off",
            }, null);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return ("no answer in time", null);
        }
    }

    private static async Task<DoctorFinding> PortAsync(OpenClawConfig config, ConfigEnvironment environment, CancellationToken cancel)
    {
        var port = config.Gateway.Port;
        GatewayAddress.TryFind(new GatewayAsk(null, null, null), environment with { Variable = name => name == "OPENCLAW_GATEWAY_URL" ? null : environment.Variable(name) }, config, out var address, out _);
        using var client = new GatewayClient(address!);
        var reach = await client.GetAsync("/openclaw/v1/status", cancel).ConfigureAwait(false);
        switch (reach.Kind)
        {
            case ReachKind.Answered:
                var stale = reach.Json.Flag("configIsStale");
                return new DoctorFinding(
                    stale ? DoctorSeverity.Warns : DoctorSeverity.Fine,
                    "port",
                    stale ? $"the gateway at {address} runs on an older configuration: the file was changed and is not valid" : $"a gateway runs at {address}",
                    stale ? "openclaw config validate" : "");
            case ReachKind.TokenRefused:
                return new DoctorFinding(DoctorSeverity.Warns, "port", reach.Message, "It runs with another token than this shell knows; set OPENCLAW_GATEWAY_TOKEN.");
        }
        return IsFree(config.Gateway, port) is { } problem
            ? new DoctorFinding(DoctorSeverity.Fails, "port", $"port {port} cannot be taken: {problem}", "Stop what listens there, or choose another: gateway.port or OPENCLAW_GATEWAY_PORT.")
            : new DoctorFinding(DoctorSeverity.Fine, "port", $"port {port} is free");
    }

    private static string? IsFree(GatewayConfig gateway, int port)
    {
        var host = gateway is { Bind: BindMode.Custom, CustomBindHost: { } custom } && IPAddress.TryParse(custom, out var own) ? own
            : gateway.Bind == BindMode.Lan ? IPAddress.Any : IPAddress.Loopback;
        try
        {
            using var listener = new TcpListener(host, port);
            listener.Start();
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "another process listens there" : e.Message;
        }
    }
}
