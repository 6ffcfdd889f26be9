using System.Text.Json;

namespace OpenClaw.Config.Writing;

/// <summary>How secrets appear in written files: as references, or only by their origin.</summary>
internal static class SecretText
{
    /// <summary><c>"${VAR}"</c>, a SecretRef with its path, or the text that the file already had.</summary>
    public static void WriteReference(Utf8JsonWriter json, SecretConfig secret)
    {
        if (secret.Source != SecretSource.File)
        {
            json.WriteStringValue(secret.Source == SecretSource.Env ? "${" + secret.Value + "}" : secret.Value);
            return;
        }
        json.WriteStartObject();
        json.WriteString("source", "file");
        json.WriteString("path", secret.Value);
        json.WriteString("id", secret.Pointer ?? "value");
        json.WriteEndObject();
    }

    /// <summary><c>{ "from": "env:OPENAI_API_KEY" }</c>: for people, never a value.</summary>
    public static void WriteOrigin(Utf8JsonWriter json, SecretConfig secret)
    {
        json.WriteStartObject();
        json.WriteString("from", secret.ToString());
        json.WriteEndObject();
    }
}
