using System.Globalization;
using System.Text.Json;

namespace OpenClaw.EndToEnd.Clients;

/// <summary>What a client handed to the program that uses it. What it raised is <see cref="Error"/>; a reply without one was sold as a success.</summary>
public sealed class ClientReply
{
    public string Text { get; set; } = "";

    /// <summary>Pieces of text that a stream came in.</summary>
    public int Pieces { get; set; }

    public string? Finish { get; set; }

    public string? Model { get; set; }

    public long? Input { get; set; }

    public long? Output { get; set; }

    public List<ClientTool> Tools { get; set; } = [];

    public List<string> Models { get; set; } = [];

    /// <summary>The program left in mid-answer, as it was asked to.</summary>
    public bool Left { get; set; }

    public ClientError? Error { get; set; }

    public static (string Name, ClientReply Reply) Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        var reply = new ClientReply
        {
            Text = StringOf(root, "text") ?? "",
            Pieces = root.GetProperty("pieces").GetInt32(),
            Finish = StringOf(root, "finish"),
            Model = StringOf(root, "model"),
            Input = Number(root, "input"),
            Output = Number(root, "output"),
            Tools = [.. root.GetProperty("tools").EnumerateArray().Select(t => new ClientTool(StringOf(t, "id")!, StringOf(t, "name")!, StringOf(t, "arguments")!))],
            Models = [.. root.GetProperty("models").EnumerateArray().Select(m => m.GetString()!)],
            Left = root.TryGetProperty("left", out var left) && left.GetBoolean(),
        };
        if (root.TryGetProperty("error", out var error))
        {
            reply.Error = new ClientError(StringOf(error, "type")!, (int?)Number(error, "status"), StringOf(error, "message")!, StringOf(error, "retryAfter"));
        }
        return (StringOf(root, "name")!, reply);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Text.Length} characters in {Pieces} pieces, finish {Finish ?? "-"}, model {Model}, usage {Input}/{Output}, tools [{string.Join(" ", Tools)}], error {Error?.ToString() ?? "-"}");

    private static string? StringOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;
}

public sealed record ClientTool(string Id, string Name, string Arguments);

/// <param name="Type">The class that the client raised.</param>
/// <param name="Status">As the client tells it; null = it was no answer of the gateway's, or one that had already begun.</param>
public sealed record ClientError(string Type, int? Status, string Message, string? RetryAfter);
