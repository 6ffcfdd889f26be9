using OpenClaw.Client;
using OpenClaw.Config;

namespace OpenClaw.Commands.Models;

/// <summary>Where the view comes from: the running gateway, which knows what cools down, else the file.</summary>
internal static class ModelsSource
{
    /// <returns>The view, or an exit code after the reason was said.</returns>
    public static async Task<(ModelsView? View, int Code)> ReadAsync(GatewayAsk ask, bool json, CancellationToken cancel)
    {
        var local = LocalConfig.Load(ask.Config);
        if (!GatewayAddress.TryFind(ask, ConfigEnvironment.Process, local.Config, out var address, out var problem))
        {
            return (null, Terminal.Fail(json, problem, "write it as http://host:port", ExitCode.Usage));
        }
        // A file that was named is the question; a gateway may well run on another one.
        if (ask.Config is null)
        {
            using var client = new GatewayClient(address);
            var (view, reach) = await AskAsync(client, cancel).ConfigureAwait(false);
            if (view is not null) return (address.IsNamed ? view : view with { ConfigPath = local.Path }, ExitCode.Ok);
            if (address.IsNamed) return (null, Refuse(json, reach));
            if (local.Config is not null) Terminal.Line($"note: {reach.Message}; this is what the configuration says");
        }
        var code = local.Report(json);
        return code == ExitCode.Ok ? (LocalModels.Read(local, ConfigEnvironment.Process, TimeProvider.System), code) : (null, code);
    }

    /// <summary>Says why a gateway gave no answer; 69 when there is none.</summary>
    public static int Refuse(bool json, Reach reach) => reach.Kind switch
    {
        ReachKind.TokenRefused => Terminal.Fail(json, reach.Message, "set OPENCLAW_GATEWAY_TOKEN, or give --token"),
        ReachKind.Refused => Terminal.Fail(json, reach.Message, ""),
        ReachKind.NotOpenClaw => Terminal.Fail(json, reach.Message, "name the gateway with --url, or its port with OPENCLAW_GATEWAY_PORT", ExitCode.Unreachable),
        _ => Terminal.Fail(json, reach.Message, "start it with: openclaw gateway", ExitCode.Unreachable),
    };

    private static async Task<(ModelsView? View, Reach Failed)> AskAsync(GatewayClient client, CancellationToken cancel)
    {
        var status = await client.GetAsync("/openclaw/v1/status", cancel).ConfigureAwait(false);
        if (!status.IsAnswered) return (null, status);
        var models = await client.GetAsync("/openclaw/v1/models", cancel).ConfigureAwait(false);
        if (!models.IsAnswered) return (null, models);
        var config = await client.GetAsync("/openclaw/v1/config", cancel).ConfigureAwait(false);
        return (GatewayModels.Read(client.Address.ToString(), models.Json, status.Json, config.Json), default);
    }
}
