using System.Text.Json;

namespace OpenClaw.Gateway.Control;

/// <summary>The names of closed sets as they are written, made once: <c>headersTimeout</c> in JSON, <c>headers_timeout</c> in labels.</summary>
internal static class EnumText
{
    public static string Camel<T>(T value) where T : struct, Enum => Names<T>.Camel[value];

    public static string Snake<T>(T value) where T : struct, Enum => Names<T>.Snake[value];

    private static class Names<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> Camel = Enum.GetValues<T>().ToDictionary(static v => v, static v => JsonNamingPolicy.CamelCase.ConvertName(v.ToString()));

        public static readonly Dictionary<T, string> Snake = Enum.GetValues<T>().ToDictionary(static v => v, static v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));
    }
}
