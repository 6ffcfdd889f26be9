using System.Runtime.InteropServices;
using OpenClaw.Client;
using OpenClaw.Commands;

namespace OpenClaw.Chat;

/// <summary><c>openclaw chat</c> on a terminal: prompt, answer, prompt, until Ctrl-D. Ctrl-C stops an answer and not the program.</summary>
internal static class ChatScreen
{
    private const string Prompt = "› ";

    /// <summary>The exit code.</summary>
    public static async Task<int> RunAsync(ConversationClient client, string gateway, CancellationToken cancel)
    {
        var about = await client.AboutAsync(cancel).ConfigureAwait(false);
        if (about.Kind is not (ReachKind.Answered or ReachKind.Refused)) return Commands.Models.ModelsSource.Refuse(json: false, about);
        if (await client.WhyNoKeyAsync(cancel).ConfigureAwait(false) is { } why) return Terminal.Fail(json: false, why, $"--session is {ChatCommand.KeyRule}; not a client's (client:name)", ExitCode.Usage);
        var (names, current) = await NamesAsync(client, about, cancel).ConfigureAwait(false);
        Notice($"OpenClaw at {gateway} · session {client.Session} · {current} · /help · Ctrl-D leaves");
        var history = LineHistory.Load(Path.Combine(Places.StateFolder, "chat-history"));
        var isPlain = !Terminal.ObeysSequences;
        var editor = new LineEditor(Keys(), history, new LineCompletion(names));
        // Whoever ends the program from outside gets the terminal back as it was: nothing behind the prompt runs any more.
        using var ways = new WaysOut(editor.Abandon);
        var loop = new ChatLoop(client, new ChatVoice(static piece => Terminal.Write(TerminalText.Safe(piece)), Notice));
        var mayLeave = false;
        CancellationTokenSource? answering = null;
        // Also between an answer's end and the prompt: Ctrl-C stops an answer or nothing.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            // Plain lines are read by the terminal itself: there Ctrl-C is no key, and leaves.
            signal.Cancel = !isPlain || Volatile.Read(ref answering) is not null;
            if (!signal.Cancel) return;
            Volatile.Read(ref answering)?.Cancel();
        });
        while (!cancel.IsCancellationRequested)
        {
            var (end, text) = isPlain ? ReadPlain(history) : ReadLine(editor);
            if (end == LineEnd.Left || text.Trim() is "/exit" or "/quit") return ExitCode.Ok;
            if (end == LineEnd.Dropped && text.Length == 0)
            {
                if (mayLeave) return ExitCode.Ok;
                Notice("(Ctrl-C again or Ctrl-D leaves)");
            }
            mayLeave = end == LineEnd.Dropped && text.Length == 0;
            if (end == LineEnd.Dropped || string.IsNullOrWhiteSpace(text)) continue;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            Volatile.Write(ref answering, stop);
            var code = await SayAsync(loop, text.Trim(), stop.Token).ConfigureAwait(false);
            Volatile.Write(ref answering, null);
            if (code is not null) return code.Value;
        }
        return ExitCode.Ok;
    }

    // Null: go on.
    private static async Task<int?> SayAsync(ChatLoop loop, string text, CancellationToken stop)
    {
        var said = await loop.SayAsync(text, stop).ConfigureAwait(false);
        if (said.Kind is SaidKind.Refused or SaidKind.Interrupted or SaidKind.Unreachable) Terminal.Error(said.Problem, "");
        return said.Kind == SaidKind.TokenRefused ? Terminal.Fail(json: false, said.Problem, "set OPENCLAW_GATEWAY_TOKEN, or give --token") : null;
    }

    // While a line is edited Ctrl-C is a key like any other.
    private static (LineEnd End, string Text) ReadLine(LineEditor editor)
    {
        Console.TreatControlCAsInput = true;
        try
        {
            return editor.Read(Prompt);
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    // A terminal that obeys no sequences is a typewriter: a prompt, and a line as it was typed.
    private static (LineEnd End, string Text) ReadPlain(LineHistory history)
    {
        Terminal.Write(Prompt);
        return PlainLine.Read(Console.In, history);
    }

    private static LineTerminal Keys() => new(
        static () =>
        {
            try
            {
                return Console.ReadKey(intercept: true);
            }
            catch (InvalidOperationException)
            {
                // The terminal is gone.
                return null;
            }
        },
        static () => Console.KeyAvailable,
        Terminal.Write,
        // A terminal that does not tell its size is taken for an ordinary one.
        static () => Console.WindowWidth is > 0 and var width ? width : 80);

    private static async Task<(List<string> Names, string Current)> NamesAsync(ConversationClient client, Reach about, CancellationToken cancel)
    {
        var models = (await client.ModelsAsync(cancel).ConfigureAwait(false)).Json;
        var names = models.Items("models").Where(static m => m.Flag("allowed")).Select(static m => m.Text("key")).OfType<string>()
            .Concat(models.Members("aliases").Select(static a => a.Name)).ToList();
        return (names, about.Json.Text("override") ?? models.Text("default") ?? "no default model");
    }

    private static void Notice(string text)
    {
        text = TerminalText.Safe(text);
        if (Terminal.HasColors) Terminal.Write($"\e[2m{text}\e[0m\n");
        else Terminal.Write(text + "\n");
    }
}
