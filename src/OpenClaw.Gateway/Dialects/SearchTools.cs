using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects;

/// <summary>Searches that a request lets the provider run, each of which has a fee.</summary>
/// <param name="Most">How many at most; <see cref="Assumed"/> for each tool that names no bound.</param>
/// <param name="IsBounded">The caller named a bound for every tool.</param>
internal readonly record struct SearchTools(int Most, bool IsBounded)
{
    /// <summary>For a tool without a bound; where money is held the provider is told so.</summary>
    public const int Assumed = 5;

    public static SearchTools None => new(0, true);

    /// <summary>True for the type of a tool that Anthropic's protocol has for searches: <c>web_search_20250305</c>.</summary>
    public static bool IsSearch(ReadOnlySpan<byte> type) => type.StartsWith("web_search"u8);

    /// <summary>From the value of <c>tools</c>. Must be valid JSON; most requests have none, and are not read a second time.</summary>
    public static SearchTools Read(ReadOnlySpan<byte> tools)
    {
        if (tools.IndexOf("\"web_search"u8) < 0 || tools[0] != (byte)'[') return None;
        var (most, bounded) = (0, true);
        var reader = new Utf8JsonReader(tools, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (!TryReadTool(ref reader, out var uses)) continue;
            bounded &= uses is not null;
            most += uses ?? Assumed;
        }
        return new SearchTools(most, bounded);
    }

    /// <summary>Reads one member of <c>tools</c>, to its end. True for a search.</summary>
    /// <param name="uses">The bound that the caller named.</param>
    public static bool TryReadTool(ref Utf8JsonReader reader, out int? uses)
    {
        uses = null;
        var isSearch = false;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return false;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isType, isUses) = (reader.ValueTextEquals("type"u8), reader.ValueTextEquals("max_uses"u8));
            reader.Read();
            if (isType && reader.TokenType == JsonTokenType.String) isSearch = IsSearch(reader.ValueSpan);
            else if (isUses && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var n)) uses = Math.Clamp(n, 0, 1000);
            else reader.Skip();
        }
        return isSearch;
    }
}
