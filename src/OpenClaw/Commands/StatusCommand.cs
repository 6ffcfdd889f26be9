using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Commands.Models;
using OpenClaw.Config;

namespace OpenClaw.Commands;

/// <summary><c>openclaw status</c>: what the running gateway sees.</summary>
internal static class StatusCommand
{
    public static void Fill(Command command)
    {
        var gateway = new GatewayOptionSet(command);
        var json = CommonOptions.Json();
        var decisions = new Option<int>("--decisions") { Description = "How many of the last decisions", DefaultValueFactory = static _ => 5, HelpName = "N" };
        command.Add(json);
        command.Add(decisions);
        command.SetAction((parsed, cancel) => RunAsync(gateway.Read(parsed), parsed.GetValue(json), parsed.GetValue(decisions), cancel));
    }

    private static async Task<int> RunAsync(GatewayAsk ask, bool json, int count, CancellationToken cancel)
    {
        if (count is < 0 or > 1000) return Terminal.Fail(json, "--decisions is a number from 0 to 1000", "", ExitCode.Usage);
        // A file that is broken just now does not hide a gateway that runs on the last good one.
        var local = LocalConfig.Load(ask.Config);
        if (!GatewayAddress.TryFind(ask, ConfigEnvironment.Process, local.Config, out var address, out var problem))
        {
            return Terminal.Fail(json, problem, "write it as http://host:port", ExitCode.Usage);
        }
        using var client = new GatewayClient(address);
        var status = await client.GetAsync("/openclaw/v1/status", cancel).ConfigureAwait(false);
        if (!status.IsAnswered) return ModelsSource.Refuse(json, status);
        JsonElement decisions = default;
        if (count > 0)
        {
            var asked = await client.GetAsync("/openclaw/v1/decisions?limit=" + count.ToString(CultureInfo.InvariantCulture), cancel).ConfigureAwait(false);
            if (!asked.IsAnswered) return ModelsSource.Refuse(json, asked);
            decisions = asked.Json;
        }
        if (json) Terminal.Json(writer => Write(writer, address.ToString(), status.Json, decisions));
        else Terminal.Write(StatusText.Of(address.ToString(), status.Json, decisions, DateTimeOffset.UtcNow));
        return ExitCode.Ok;
    }

    /// <summary>The gateway's own answer, with its address and the decisions beside it.</summary>
    private static void Write(Utf8JsonWriter json, string gateway, JsonElement status, JsonElement decisions)
    {
        json.WriteStartObject();
        json.WriteString("gateway"u8, gateway);
        foreach (var member in status.EnumerateObject()) member.WriteTo(json);
        json.WriteStartArray("decisions"u8);
        foreach (var decision in decisions.Items("decisions")) decision.WriteTo(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
