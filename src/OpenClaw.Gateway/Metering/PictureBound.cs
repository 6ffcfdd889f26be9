using System.Collections.Immutable;

namespace OpenClaw.Gateway.Metering;

/// <summary>
/// The most tokens that a picture can be to a model. Providers count by size, each in its own way: patches of 32 pixels times a
/// factor of up to 2.46 (OpenAI since gpt-4.1), squares of 512 (gpt-4o), pixels over 750 (Claude), patches of 28 (Qwen) or 16
/// (Pixtral), tiles by the shorter side (Gemini to 2.5), one figure for all (Gemini 3). Sources: "Images and vision" of OpenAI
/// and Anthropic, "Image understanding" and "Media resolution" of Gemini, the model cards of Qwen2-VL and Pixtral; measured in
/// community.openai.com threads 1262691 and 1377015.
/// </summary>
internal static class PictureBound
{
    // Gemini 3's dearest resolution is 2,240, and it counts a small picture as a large one.
    private const int Least = 2300;

    // No provider but for gpt-4o-mini counts more than a token for so many pixels squared, thin pictures included.
    private const int Side = 15;

    private const int Unpublished = 20_000;

    // By the beginning of the name; the first that fits.
    private static readonly (string Name, int Most)[] s_most =
    [
        ("gpt-4o-mini", OfSquares(8, 2833, 5667)), ("gpt-4o", 2000), ("chatgpt-4o", 2000), ("gpt-4-turbo", 2000), ("o1", 2000), ("o3", 2000),
        ("gpt-4.1", 4000), ("o4-mini", 4000), ("gpt-5.1", 4000), ("gpt-5.2", 4000), ("gpt-5.3", 4000),
        // From here on pictures are seen as they are: up to 10,000 patches at 1.2, then up to 30,000.
        ("gpt-5.", 12_000), ("gpt-5", 4000), ("gpt-", 36_000),
        ("claude", 5000), ("gemini-3", Least),
    ];

    /// <param name="model">Its name at the provider; a router's has its maker before it.</param>
    /// <param name="count">Pictures in the prompt.</param>
    /// <param name="sizes">Of those that are inline; the others' are not known.</param>
    public static long Of(string model, int count, ImmutableArray<PictureSize> sizes)
    {
        if (count == 0) return 0;
        var name = Bare(model);
        var most = Unpublished;
        foreach (var (begin, tokens) in s_most)
        {
            if (!name.StartsWith(begin, StringComparison.OrdinalIgnoreCase)) continue;
            most = tokens;
            break;
        }
        var known = Math.Min(count, sizes.Length);
        var sum = (long)(count - known) * most;
        for (var i = 0; i < known; i++) sum += OfSize(name, sizes[i], most);
        return sum;
    }

    private static long OfSize(ReadOnlySpan<char> model, PictureSize size, int most)
    {
        var (width, height) = ((long)size.Width, (long)size.Height);
        if (model.StartsWith("gpt-4o-mini", StringComparison.OrdinalIgnoreCase)) return OfSquares((int)Math.Min(8, Whole(width, 512) * Whole(height, 512)), 2833, 5667);
        var byArea = ((width / Side) + 1) * ((height / Side) + 1);
        if (model.StartsWith("gemini", StringComparison.OrdinalIgnoreCase)) byArea = Math.Max(byArea, OfTiles(width, height));
        return Math.Clamp(byArea, Math.Min(Least, most), most);
    }

    private static int OfSquares(int squares, int once, int each) => once + (squares * each);

    // 258 for each tile, whose side is two thirds of the shorter one.
    private static long OfTiles(long width, long height)
    {
        var side = Math.Max(1, Math.Min(width, height) * 2 / 3);
        return Whole(width, side) * Whole(height, side) * 258;
    }

    private static long Whole(long length, long part) => (length + part - 1) / part;

    // Of openrouter's "openai/gpt-4o", Bedrock's "us.anthropic.claude-…" and OpenAI's "ft:gpt-4o-mini:…" what names the model.
    private static ReadOnlySpan<char> Bare(string model)
    {
        var name = model.AsSpan(model.LastIndexOf('/') + 1);
        if (name.IndexOf("anthropic.") is >= 0 and var maker) name = name[(maker + "anthropic.".Length)..];
        return name.StartsWith("ft:") ? name["ft:".Length..] : name;
    }
}
