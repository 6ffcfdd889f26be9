using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// Fields by which a caller lets OpenRouter answer with another model than the one that is asked for: <c>models</c>, <c>route</c>
/// (openrouter.ai/docs/features/model-routing) and <c>preset</c> (openrouter.ai/docs/features/presets). Sent on, they would pass
/// by the allowlist, and by what a budget holds for the model of the plan.
/// </summary>
internal static class CallerRouting
{
    public const string Because = "which models may answer is set here (models.fallbacks, aliases)";

    /// <summary>True at the name of such a field.</summary>
    public static bool IsField(ref Utf8JsonReader reader) => reader.ValueTextEquals("models"u8) || reader.ValueTextEquals("route"u8) || reader.ValueTextEquals("preset"u8);

    /// <summary>It would follow them.</summary>
    public static bool IsFollowedBy(Target target) => target.Request.Quirks.HasFlag(TargetQuirks.OpenRouter);

    /// <summary>A request's body without them, every other member as it was written; and their names.</summary>
    /// <param name="body">A JSON object.</param>
    public static (ReadOnlyMemory<byte> Body, string Names) Without(ReadOnlySpan<byte> body)
    {
        var output = new ArrayBufferWriter<byte>(body.Length);
        var names = new List<string>();
        var reader = new Utf8JsonReader(body, JsonRead.Options);
        reader.Read();
        var separator = "{"u8;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            if (IsField(ref reader))
            {
                names.Add(reader.GetString()!);
                reader.Skip();
                continue;
            }
            reader.Skip();
            output.Write(separator);
            output.Write(body[start..(int)reader.BytesConsumed]);
            separator = ","u8;
        }
        output.Write(separator.SequenceEqual("{"u8) ? "{}"u8 : "}"u8);
        return (output.WrittenMemory, string.Join(", ", names.Distinct()));
    }
}
