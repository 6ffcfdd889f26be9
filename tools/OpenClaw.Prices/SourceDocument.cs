using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace OpenClaw.Prices;

/// <summary>One price list of somebody else, as JSON.</summary>
/// <param name="Name">As rows name it: <see cref="Genai"/> or <see cref="ModelsDev"/>.</param>
/// <param name="Version">A release, a commit, or <c>main</c>.</param>
/// <param name="Dated">The day (ISO) of which its figures are.</param>
internal sealed record SourceDocument(string Name, string Version, string Dated, string Address, string Hash, JsonElement Json)
{
    public const string Genai = "genai-prices";
    public const string ModelsDev = "models.dev";

    private const string GenaiHome = "https://github.com/pydantic/genai-prices (MIT)";
    private const string ModelsDevHome = "https://models.dev (MIT)";

    /// <summary>The line in the head of the table.</summary>
    public string HeadLine => $"# source\t{Name}\t{Version}\t{Dated}\t{Address}\t{Hash}";

    /// <exception cref="HttpRequestException">A list cannot be had.</exception>
    public static async Task<IReadOnlyList<SourceDocument>> DownloadAsync()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        var today = Today();
        try
        {
            var genai = await http.GetByteArrayAsync("https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/data.json").ConfigureAwait(false);
            var modelsDev = await http.GetByteArrayAsync("https://models.dev/api.json").ConfigureAwait(false);
            return [Of(Genai, "main", today, GenaiHome, genai), Of(ModelsDev, "main", today, ModelsDevHome, modelsDev)];
        }
        catch (TaskCanceledException e)
        {
            throw new HttpRequestException("no answer within a minute", e);
        }
    }

    /// <param name="before">A list that made this table keeps its day.</param>
    /// <exception cref="IOException">A list is not there.</exception>
    public static IReadOnlyList<SourceDocument> Read(string folder, IReadOnlyDictionary<string, string> dates, PriceFile before) =>
    [
        ReadOne(Genai, GenaiHome, folder, ["genai-prices*.json", "data.json"], dates, before),
        ReadOne(ModelsDev, ModelsDevHome, folder, ["merged-core.json", "api.json", "models.dev*.json"], dates, before),
    ];

    private static SourceDocument ReadOne(string name, string home, string folder, string[] patterns, IReadOnlyDictionary<string, string> dates, PriceFile before)
    {
        var path = patterns.SelectMany(p => Directory.EnumerateFiles(folder, p).Order(StringComparer.Ordinal)).FirstOrDefault()
            ?? throw new FileNotFoundException($"{folder} holds none of {string.Join(", ", patterns)}");
        var stem = Path.GetFileNameWithoutExtension(path);
        var document = Of(name, stem.StartsWith(name + "-", StringComparison.Ordinal) ? stem[(name.Length + 1)..] : "main", Today(), home, File.ReadAllBytes(path));
        // "anomalyco/models.dev f3fc6922 2026-07-02 MIT"
        if (document.Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("generated_from", out var from) && from.TryGetProperty(name, out var text)
            && text.GetString()?.Split(' ') is [_, var commit, var day, ..]) document = document with { Version = commit, Dated = day };
        if (before.DayOf(name, document.Hash) is { } known) document = document with { Dated = known };
        return dates.TryGetValue(name, out var said) ? document with { Dated = said } : document;
    }

    private static SourceDocument Of(string name, string version, string dated, string address, byte[] content)
    {
        using var json = JsonDocument.Parse(content);
        return new SourceDocument(name, version, dated, address, "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content))[..16], json.RootElement.Clone());
    }

    private static string Today() => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
