using System.Collections.Immutable;

namespace OpenClaw.Gateway.Metering;

/// <summary>
/// The most tokens that a picture can be to a model. Providers count by size, each in its own way: patches of 32 pixels times a
/// factor of up to 2.46 (OpenAI since gpt-4.1), squares of 512 (gpt-4o), a pixel count over 750 (Claude), patches of 28 (Qwen),
/// or one figure for all (Gemini 3). Sources: "Images and vision" of OpenAI and Anthropic, "Media resolution" of Gemini, the
/// model card of Qwen2-VL, and measured: community.openai.com threads 1262691 and 1377015.
/// </summary>
internal static class PictureBound
{
    // Gemini 3's dearest resolution, and two squares' worth of what has a price by the square.
    private const int Least = 2300;

    // Small enough for a patch of 32 pixels at 2.46 tokens.
    private const int Side = 20;

    /// <param name="model">Its name at the provider; a router's has its maker before it.</param>
    /// <param name="count">Pictures in the prompt.</param>
    /// <param name="sizes">Of those that are inline; the others' are not known.</param>
    public static long Of(string model, int count, ImmutableArray<PictureSize> sizes)
    {
        if (count == 0) return 0;
        var most = Most(model.AsSpan(model.LastIndexOf('/') + 1));
        var known = sizes.IsDefault ? 0 : Math.Min(count, sizes.Length);
        var sum = (long)(count - known) * most;
        for (var i = 0; i < known; i++) sum += OfSize(sizes[i], most);
        return sum;
    }

    private static long OfSize(PictureSize size, int most)
    {
        if (most == SquaresOfMini) return most;
        return Math.Clamp((((long)size.Width / Side) + 1) * ((size.Height / Side) + 1), Math.Min(Least, most), most);
    }

    // 2,833, and 5,667 for each of at most eight squares.
    private const int SquaresOfMini = 48_169;

    private static int Most(ReadOnlySpan<char> model)
    {
        if (model.StartsWith("gpt-4o-mini")) return SquaresOfMini;
        if (model.StartsWith("gpt-4o") || model.StartsWith("chatgpt-4o") || model.StartsWith("gpt-4-turbo") || model.StartsWith("o1") || model.StartsWith("o3")) return 2000;
        if (model.StartsWith("gpt-4.1") || model.StartsWith("o4-mini") || IsGpt5(model)) return 4000;
        if (model.StartsWith("claude")) return 5000;
        if (model.StartsWith("gemini-3")) return Least;
        // A photo of twelve megapixels is 14,364 to gpt-6; Qwen takes up to 16,384.
        return 20_000;
    }

    // To 5.3: from 5.4 on a picture may be seen as it is.
    private static bool IsGpt5(ReadOnlySpan<char> model) => model.StartsWith("gpt-5") && (model.Length == 5 || model[5] == '-' || model[5..] is ['.', >= '1' and <= '3', ..]);
}
