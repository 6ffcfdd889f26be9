using System.Buffers;
using System.Text.Json;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>Replaces the top-level <c>model</c> of a body; every other byte stays as it came.</summary>
internal static class ModelPatch
{
    public static void Write(ReadOnlySpan<byte> body, string model, IBufferWriter<byte> output)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 128 });
        var copied = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1 || !reader.ValueTextEquals("model"u8)) continue;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            output.Write(body[copied..start]);
            output.Write("\""u8);
            output.Write(JsonEncodedText.Encode(model).EncodedUtf8Bytes);
            output.Write("\""u8);
            copied = (int)reader.BytesConsumed;
        }
        output.Write(body[copied..]);
    }
}
