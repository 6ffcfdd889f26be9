using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects;

/// <summary>A tool that the provider itself runs.</summary>
internal enum ProviderTool
{
    /// <summary>The caller's own, or one that brings nothing into the prompt.</summary>
    None,

    Search,

    /// <summary>Reads pages and documents into the prompt.</summary>
    Fetch,
}

/// <summary>Searches that a request lets the provider run, each of which has a fee.</summary>
/// <param name="Most">How many at most; <see cref="Assumed"/> for each tool that names no bound.</param>
/// <param name="IsBounded">The caller named a bound for every tool.</param>
internal readonly record struct SearchTools(int Most, bool IsBounded)
{
    /// <summary>For a tool without a bound; where money is held the provider is told so.</summary>
    public const int Assumed = 5;

    /// <summary>The provider may read pages into the prompt, whose length nobody knows before.</summary>
    public bool Fetches { get; init; }

    public static SearchTools None => new(0, true);

    // Anthropic's have a date: web_search_20250305, web_fetch_20250910.
    private static ProviderTool KindOf(ReadOnlySpan<byte> type) =>
        type.StartsWith("web_search"u8) ? ProviderTool.Search : type.StartsWith("web_fetch"u8) ? ProviderTool.Fetch : ProviderTool.None;

    /// <summary>From the value of <c>tools</c>. Must be valid JSON; most requests have none, and are not read a second time.</summary>
    public static SearchTools Read(ReadOnlySpan<byte> tools)
    {
        if (tools.IndexOf("\"web_"u8) < 0 || tools[0] != (byte)'[') return None;
        var (most, bounded, fetches) = (0, true, false);
        var reader = new Utf8JsonReader(tools, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var tool = ReadTool(ref reader, out var uses);
            fetches |= tool == ProviderTool.Fetch;
            if (tool != ProviderTool.Search) continue;
            bounded &= uses is not null;
            most += uses ?? Assumed;
        }
        return new SearchTools(most, bounded) { Fetches = fetches };
    }

    /// <summary>Reads one member of <c>tools</c>, to its end.</summary>
    /// <param name="uses">The bound that the caller named.</param>
    public static ProviderTool ReadTool(ref Utf8JsonReader reader, out int? uses)
    {
        uses = null;
        var tool = ProviderTool.None;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return tool;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isType, isUses) = (JsonRead.Is(reader, "type"u8), JsonRead.Is(reader, "max_uses"u8));
            reader.Read();
            if (isType && reader.TokenType == JsonTokenType.String) tool = KindOf(reader.ValueSpan);
            else if (isUses && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var n)) uses = Math.Clamp(n, 0, 1000);
            else reader.Skip();
        }
        return tool;
    }
}
