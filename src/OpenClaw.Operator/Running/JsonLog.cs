using System.Text.Encodings.Web;
using System.Text.Json;
using OpenClaw.Kube;

namespace OpenClaw.Operator.Running;

/// <summary>
/// The operator's log: one JSON object a line (<c>time</c>, <c>level</c>, <c>msg</c>), or plain text for people. Nothing that is
/// logged has a secret: problems of the client carry no bodies of Secrets, and configuration is never logged. Thread-safe.
/// </summary>
internal sealed class JsonLog(Stream output, KubeLogLevel least, bool asText, TimeProvider time)
{
    /// <summary>Longer messages are cut: a line is read by machines with bounds of their own.</summary>
    private const int MaxMessage = 8 << 10;

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _lock = new();

    public void Write(KubeLogLevel level, string message)
    {
        if (level < least) return;
        if (message.Length > MaxMessage) message = message[..MaxMessage] + "…";
        using var line = new MemoryStream(256);
        if (asText) WriteText(line, level, message);
        else WriteJson(line, level, message);
        line.WriteByte((byte)'\n');
        try
        {
            lock (_lock)
            {
                output.Write(line.GetBuffer(), 0, (int)line.Length);
                output.Flush();
            }
        }
        catch (IOException)
        {
            // Nobody reads any more. That is no reason to stop working.
        }
    }

    private void WriteJson(MemoryStream line, KubeLogLevel level, string message)
    {
        using var json = new Utf8JsonWriter(line, s_json);
        json.WriteStartObject();
        json.WriteString("time"u8, KubeJson.WriteMicro(time.GetUtcNow()));
        json.WriteString("level"u8, WordOf(level));
        json.WriteString("msg"u8, message);
        json.WriteEndObject();
    }

    private static void WriteText(MemoryStream line, KubeLogLevel level, string message) =>
        line.Write(System.Text.Encoding.UTF8.GetBytes($"{WordOf(level),-5} {message.ReplaceLineEndings("; ")}"));

    private static string WordOf(KubeLogLevel level) => level switch
    {
        KubeLogLevel.Debug => "debug",
        KubeLogLevel.Information => "info",
        KubeLogLevel.Warning => "warn",
        _ => "error",
    };
}
