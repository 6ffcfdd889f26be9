using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// Changes a request without understanding it: the new pieces are spliced in at the offsets of their tokens, and every
/// other byte stays as the client wrote it - unknown fields, number formats, order and spaces.
/// </summary>
internal static class OpenAiChatPatch
{
    /// <summary>False when the body is not a JSON object (nothing is written then).</summary>
    public static bool TryPatch(ReadOnlyMemory<byte> body, in PatchOptions options, IBufferWriter<byte> output)
    {
        var json = Trim(body.Span);
        if (json.IsEmpty || json[0] != (byte)'{') return false;
        using var edits = BodyEdits.Rent();
        try
        {
            var scan = new PatchScan(options, edits);
            scan.Read(json);
            scan.Complete();
        }
        catch (JsonException)
        {
            return false;
        }
        edits.Apply(json, output);
        return true;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> body) => (body.StartsWith("\uFEFF"u8) ? body[3..] : body).Trim(" \t\r\n"u8);
}
