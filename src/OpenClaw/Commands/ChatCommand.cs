using System.CommandLine;
using System.Text.Json;
using OpenClaw.Chat;
using OpenClaw.Client;
using OpenClaw.Commands.Models;
using OpenClaw.Config;
using OpenClaw.Gateway.Sessions;

namespace OpenClaw.Commands;

/// <summary><c>openclaw chat</c>: a conversation on a terminal; plain text in and out when piped, or with <c>-m</c>.</summary>
internal static class ChatCommand
{
    public static void Fill(Command command)
    {
        var session = new Option<string>("--session") { Description = "Which conversation; it goes on where it was left", HelpName = "K", DefaultValueFactory = static _ => "main" };
        var message = new Option<string?>("--message", "-m") { Description = "Say this, print the answer, and end", HelpName = "TEXT" };
        var json = CommonOptions.Json();
        command.Add(session);
        command.Add(message);
        command.Add(json);
        var gateway = new GatewayOptionSet(command);
        command.SetAction((parsed, cancel) => RunAsync(gateway.Read(parsed), parsed.GetValue(session)!, parsed.GetValue(message), parsed.GetValue(json), cancel));
    }

    private static async Task<int> RunAsync(GatewayAsk ask, string session, string? message, bool json, CancellationToken cancel)
    {
        var name = session.Trim();
        if (!IsKey(name)) return Terminal.Fail(json, $"--session is {KeyRule}", "", ExitCode.Usage);
        var local = LocalConfig.Load(ask.Config);
        if (!GatewayAddress.TryFind(ask, ConfigEnvironment.Process, local.Config, out var address, out var problem))
        {
            return Terminal.Fail(json, problem, "write it as http://host:port", ExitCode.Usage);
        }
        using var client = new ConversationClient(address, name);
        if (message is null && !json && !Console.IsInputRedirected && !Console.IsOutputRedirected)
        {
            return await ChatScreen.RunAsync(client, address.ToString(), cancel).ConfigureAwait(false);
        }
        // What is piped in is one message, line ends and all.
        message ??= await Console.In.ReadToEndAsync(cancel).ConfigureAwait(false);
        if (string.IsNullOrWhiteSpace(message)) return Terminal.Fail(json, "there is no message", "give it with -m, or on standard input", ExitCode.Usage);
        return await OnceAsync(client, message.Trim(), json, cancel).ConfigureAwait(false);
    }

    /// <summary>What a conversation may be called, in the words of the gateway.</summary>
    public static readonly string KeyRule = $"a name of 1 to {SessionNames.MaxLength} characters without control characters, and not a dot or two";

    /// <summary>False: every gateway refuses it. Whose session it is the gateway alone knows.</summary>
    public static bool IsKey(string text) => SessionNames.IsWellWritten(text.StartsWith("owner:", StringComparison.Ordinal) ? text["owner:".Length..] : text);

    private static async Task<int> OnceAsync(ConversationClient client, string message, bool json, CancellationToken cancel)
    {
        var loop = new ChatLoop(client, json ? new ChatVoice(static _ => { }, static _ => { }) : new ChatVoice(Answer, static text => Terminal.Line(TerminalText.Safe(text.Trim()))));
        var said = await loop.SayAsync(message, cancel).ConfigureAwait(false);
        switch (said.Kind)
        {
            case SaidKind.Unreachable: return ModelsSource.Refuse(json, new Reach(ReachKind.Unreachable, default, said.Problem));
            case SaidKind.TokenRefused: return ModelsSource.Refuse(json, new Reach(ReachKind.TokenRefused, default, said.Problem));
            case SaidKind.Refused: return Terminal.Fail(json, said.Problem, said.Decision is null or "none" ? "" : $"why: GET /openclaw/v1/decisions/{said.Decision}");
        }
        if (json)
        {
            var about = said.Decision is null ? default : await client.AfterAsync(said.Decision, cancel).ConfigureAwait(false);
            Terminal.Json(writer => Write(writer, client.Session, said, about.Child("last")));
        }
        if (said.Kind is not (SaidKind.Interrupted or SaidKind.Stopped)) return ExitCode.Ok;
        Terminal.Error(said.Problem, "");
        return ExitCode.NotSo;
    }

    // What reads a pipe gets the answer as it is.
    private static void Answer(string piece) => Terminal.Write(Console.IsOutputRedirected ? piece : TerminalText.Safe(piece));

    private static void Write(Utf8JsonWriter json, string session, Said said, JsonElement last)
    {
        json.WriteStartObject();
        json.WriteBoolean("ok"u8, said.Problem.Length == 0);
        json.WriteString("session"u8, session);
        json.WriteString("text"u8, said.Text);
        json.WriteString("model"u8, said.Model);
        json.WriteString("decision"u8, said.Decision);
        if (said.Problem.Length > 0) json.WriteString("problem"u8, said.Problem);
        if (last.Text("decision") == said.Decision && said.Decision is not null)
        {
            foreach (var name in (string[])["usage", "cost", "costSource", "fellBackFrom", "why", "totalMs"])
            {
                if (last.Child(name) is not { ValueKind: not JsonValueKind.Undefined } value) continue;
                json.WritePropertyName(name);
                value.WriteTo(json);
            }
        }
        json.WriteEndObject();
    }
}
