using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpenClaw.Tests.Operator;

internal static class Json
{
    public static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
