namespace OpenClaw.Prices;

/// <summary><c>./x prices</c>: makes prices.tsv anew from its sources and shows what changed.</summary>
internal static class Program
{
    private const string Usage = """
        Usage: ./x prices [--check] [--from DIR] [--dated SOURCE=YYYY-MM-DD]…

        Makes src/OpenClaw.Gateway/Metering/Prices/prices.tsv anew and prints what changed.
          --from DIR    read the sources from files (genai-prices*.json or data.json, merged-core.json or api.json) instead of downloading them
          --dated S=D   the day of a source, where its file does not say it
          --check       write nothing; exit 1 when the table differs
        """;

    public static async Task<int> Main(string[] args)
    {
        if (!PricesOptions.TryRead(args, out var options, out var problem))
        {
            await (problem.Length == 0 ? Console.Out : Console.Error).WriteLineAsync(problem.Length == 0 ? Usage : $"error: {problem}\nhint: ./x prices --help").ConfigureAwait(false);
            return problem.Length == 0 ? 0 : 2;
        }
        var repository = FindRepository();
        var target = Path.Combine(repository, "src/OpenClaw.Gateway/Metering/Prices/prices.tsv");
        var tool = Path.Combine(repository, "tools/OpenClaw.Prices");
        var before = File.Exists(target) ? PriceFile.Read(await File.ReadAllTextAsync(target).ConfigureAwait(false)) : PriceFile.Empty;
        try
        {
            var documents = options.From is { } folder ? SourceDocument.Read(folder, options.Dates, before) : await SourceDocument.DownloadAsync().ConfigureAwait(false);
            var notes = new List<string>();
            var after = PriceBuilder.Build(documents, Overlay.Read(tool), notes);
            foreach (var note in notes) Console.WriteLine("note: " + note);
            var changes = PriceDiff.Of(before.Rows, after.Rows);
            Console.Write(changes.Text);
            Console.WriteLine($"{after.Rows.Count} rows, {after.Models} models of {after.Providers} providers; {changes.Count} differences");
            if (options.Check) return changes.Count == 0 ? 0 : 1;
            await File.WriteAllTextAsync(target, after.Format()).ConfigureAwait(false);
            return 0;
        }
        catch (HttpRequestException e)
        {
            Console.Error.WriteLine($"error: the sources cannot be downloaded: {e.Message}\nhint: give a folder that holds them with --from DIR");
            return 69;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or System.Text.Json.JsonException)
        {
            Console.Error.WriteLine("error: " + e.Message);
            return 1;
        }
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OpenClaw.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("this runs from inside the repository");
    }
}

/// <param name="From">A folder with the sources; null = download.</param>
/// <param name="Dates">Days of sources by name.</param>
internal sealed record PricesOptions(string? From, bool Check, IReadOnlyDictionary<string, string> Dates)
{
    /// <summary>False with an empty problem when help was asked for.</summary>
    public static bool TryRead(string[] args, out PricesOptions options, out string problem)
    {
        var dates = new Dictionary<string, string>();
        options = new PricesOptions(null, false, dates);
        problem = "";
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] is "--help" or "-h") return false;
            if (args[i] == "--check") options = options with { Check = true };
            else if (args[i] == "--from" && i + 1 < args.Length) options = options with { From = args[++i] };
            else if (args[i] == "--dated" && i + 1 < args.Length && args[i + 1].Split('=') is [var source, var day]) (dates[source], i) = (day, i + 1);
            else problem = $"\"{args[i]}\" is not understood";
            if (problem.Length > 0) return false;
        }
        return true;
    }
}
