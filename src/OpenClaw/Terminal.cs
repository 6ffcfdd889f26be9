using System.Text.Encodings.Web;
using System.Text.Json;
using OpenClaw.Commands;

namespace OpenClaw;

/// <summary>The only place that writes to the console. Errors and logs go to standard error, answers to standard output.</summary>
internal static class Terminal
{
    private static readonly JsonWriterOptions s_json = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>True when standard output is a terminal that shows colours and nobody asked for none (https://no-color.org).</summary>
    public static bool HasColors => !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "" && ObeysSequences;

    /// <summary>False: the terminal shows an escape sequence instead of obeying it (<c>TERM</c> is <c>dumb</c>, or not set).</summary>
    public static bool ObeysSequences => Obeys(OperatingSystem.IsWindows(), Environment.GetEnvironmentVariable("TERM"));

    // A console of Windows has no TERM.
    public static bool Obeys(bool isWindows, string? term) => term is null or "" ? isWindows : term != "dumb";

    /// <summary><c>error:</c> what is wrong, <c>hint:</c> what to do.</summary>
    public static void Error(string message, string hint)
    {
        Line("error: " + TerminalText.Safe(message));
        if (hint.Length > 0) Line("hint: " + TerminalText.Safe(hint));
    }

    /// <summary>An error, and with <c>--json</c> its envelope on standard output. Returns the exit code.</summary>
    public static int Fail(bool json, string message, string hint, int code = ExitCode.NotSo)
    {
        Error(message, hint);
        if (!json) return code;
        try
        {
            Json(writer => WriteError(writer, message, hint));
        }
        catch (IOException)
        {
            // A full disk behind standard output may be what is wrong.
        }
        return code;
    }

    /// <summary>Upstream's envelope: <c>{ok:false,error:{type:"cli_error",message}}</c>.</summary>
    public static void WriteError(Utf8JsonWriter json, string message, string hint)
    {
        json.WriteStartObject();
        json.WriteBoolean("ok"u8, false);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, "cli_error"u8);
        json.WriteString("message"u8, message);
        if (hint.Length > 0) json.WriteString("hint"u8, hint);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A line on standard error. One that cannot be written (a full disk, a reader that is gone) is lost and stops nothing.</summary>
    public static void Line(string text)
    {
        try
        {
            Console.Error.WriteLine(text);
        }
        catch (IOException)
        {
            // Nobody else can be told either.
        }
    }

    /// <summary>A line of the gateway's own log.</summary>
    public static void Log(string text) => Line("openclaw: " + text);

    /// <summary>Text on standard output, with its line end.</summary>
    public static void Out(string text) => Console.Out.WriteLine(text);

    /// <summary>Text on standard output as it is.</summary>
    public static void Write(string text) => Console.Out.Write(text);

    /// <summary>One JSON document on standard output.</summary>
    public static void Json(Action<Utf8JsonWriter> write)
    {
        using var output = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(output, s_json)) write(json);
        output.WriteByte((byte)'\n');
    }
}
