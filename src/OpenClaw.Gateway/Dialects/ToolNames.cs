using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace OpenClaw.Gateway.Dialects;

/// <summary>
/// Names of tools that are longer than OpenAI, DeepSeek and Gemini take: Anthropic's may have twice as many characters, and
/// Claude Code uses them for the tools of MCP servers. A target is given the beginning and a hash, the caller their own name.
/// </summary>
internal sealed class ToolNames
{
    private const int Longest = 64;
    private const int HashLength = 8;

    private readonly Dictionary<string, byte[]> _whole = [];
    private readonly Dictionary<string, byte[]>.AlternateLookup<ReadOnlySpan<char>> _byText;

    private ToolNames() => _byText = _whole.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Shortens them in the request; null: there are none.</summary>
    public static ToolNames? Shorten(ChatRequest request)
    {
        ToolNames? names = null;
        for (var i = 0; i < request.Tools.Count; i++)
        {
            if (IsTooLong(request.Tools[i].Name, ref names, out var name)) request.Tools[i] = request.Tools[i] with { Name = name };
        }
        if (request.ToolChoice.Name is { } chosen && IsTooLong(chosen, ref names, out var choice)) request.ToolChoice = request.ToolChoice with { Name = choice };
        foreach (var turn in request.Turns)
        {
            for (var i = 0; i < turn.Parts.Count; i++)
            {
                if (turn.Parts[i] is ToolCallPart call && IsTooLong(call.Name, ref names, out var called)) turn.Parts[i] = call with { Name = called };
                else if (turn.Parts[i] is ToolResultPart { Name: { } answered } result && IsTooLong(answered, ref names, out var name)) turn.Parts[i] = result with { Name = name };
            }
        }
        return names;
    }

    /// <summary>The caller's name for the one that a target calls.</summary>
    public ReadOnlySpan<byte> Whole(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[Longest];
        return name.Length == Longest && Ascii.ToUtf16(name, text, out _) == System.Buffers.OperationStatus.Done && _byText.TryGetValue(text, out var whole) ? whole : name;
    }

    private static bool IsTooLong(string name, ref ToolNames? names, [NotNullWhen(true)] out string? shortened)
    {
        shortened = null;
        // No protocol allows other letters, and half of one could not be written.
        if (name.Length <= Longest || !Ascii.IsValid(name)) return false;
        var bytes = Encoding.UTF8.GetBytes(name);
        shortened = $"{name.AsSpan(0, Longest - HashLength - 1)}_{Convert.ToHexStringLower(SHA256.HashData(bytes))[..HashLength]}";
        (names ??= new ToolNames())._whole[shortened] = bytes;
        return true;
    }
}
