namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>What a provider answers besides chats: its models, counted tokens, its version.</summary>
internal static class ScriptedLists
{
    public static Task AnswerAsync(ScriptedExchange x)
    {
        var path = x.Request.Path;
        var names = ScriptedFault.Catalogue.Select(f => f.Name);
        var created = x.Options.Time.GetUtcNow().ToUnixTimeSeconds();
        return (x.Request.Method, path) switch
        {
            ("GET", "/api/tags") => Json(x, ScriptedWire.Ollama.Models(names, created)),
            ("GET", "/api/version") => Json(x, "{\"version\":\"0.0.0-scripted\"}"u8.ToArray()),
            ("GET", "/v1beta/models") => Json(x, ScriptedWire.Gemini.Models(names, created)),
            ("GET", _) when path.EndsWith("/models", StringComparison.Ordinal) => Json(x, ScriptedWire.OpenAi.Models(names, created)),
            ("POST", _) when path.EndsWith("/count_tokens", StringComparison.Ordinal) => Json(x, "{\"input_tokens\":42}"u8.ToArray()),
            ("POST", _) when path.EndsWith(":countTokens", StringComparison.Ordinal) => Json(x, "{\"totalTokens\":42}"u8.ToArray()),
            _ => x.WholeAsync(404, "application/json", "{\"error\":{\"message\":\"no such path\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}"u8.ToArray()),
        };
    }

    private static Task Json(ScriptedExchange x, byte[] body) => x.WholeAsync(200, "application/json", body);
}
