using System.Globalization;

namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>
/// One line of <c>prices.tsv</c>: what a model costs from a day on, in a part of the day, above a prompt size. Dollars per
/// million tokens unless said otherwise; null = the source names no price of its own for that part.
/// </summary>
internal sealed record PriceRow
{
    public required string Provider { get; init; }

    /// <summary>The model's name, or one with a star at its end or at both (<see cref="PricePattern"/>).</summary>
    public required string Model { get; init; }

    /// <summary>The first day (UTC) on which it holds; null = from the beginning.</summary>
    public DateOnly? From { get; init; }

    /// <summary>The part of the day in which it holds; null = the rest of the day.</summary>
    public PriceHours? Hours { get; init; }

    /// <summary>Holds for prompts of more tokens than this, and then for every token of the call. 0 = for all.</summary>
    public long Above { get; init; }

    public decimal? Input { get; init; }

    public decimal? CacheRead { get; init; }

    /// <summary>Written to a cache that lives five minutes (or an unnamed time).</summary>
    public decimal? CacheWrite { get; init; }

    public decimal? CacheWrite1h { get; init; }

    public decimal? Output { get; init; }

    /// <summary>The part of the output that was reasoning, where it has a price of its own.</summary>
    public decimal? Reasoning { get; init; }

    public decimal? AudioInput { get; init; }

    /// <summary>Audio of the prompt that was read from a cache.</summary>
    public decimal? AudioCacheRead { get; init; }

    public decimal? AudioOutput { get; init; }

    public decimal? ImageInput { get; init; }

    public decimal? ImageOutput { get; init; }

    /// <summary>Dollars per thousand searches that the provider runs.</summary>
    public decimal? WebSearch { get; init; }

    /// <summary>Dollars per thousand calls, beside the tokens.</summary>
    public decimal? Request { get; init; }

    /// <summary>The factor on every token's price in a batch; null = no discount.</summary>
    public decimal? Batch { get; init; }

    public decimal? Flex { get; init; }

    public decimal? Priority { get; init; }

    /// <summary>Where it is from, as the head of the table explains.</summary>
    public string Source { get; init; } = "";

    /// <summary>The day of the source (ISO).</summary>
    public string Dated { get; init; } = "";

    /// <summary>The columns, in their order.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "provider", "model", "from", "hours", "above", "input", "cacheRead", "cacheWrite", "cacheWrite1h", "output", "reasoning", "audioInput",
        "audioCacheRead", "audioOutput", "imageInput", "imageOutput", "webSearch/1000", "request/1000", "batch", "flex", "priority", "source", "dated",
    ];

    /// <summary>What tells two rows apart.</summary>
    public (string Provider, string Model, DateOnly? From, PriceHours? Hours, long Above) Key => (Provider, Model, From, Hours, Above);

    /// <exception cref="InvalidDataException">It is no line of the table.</exception>
    public static PriceRow Parse(string line)
    {
        var cells = line.Split('\t');
        if (cells.Length != Columns.Count) throw new InvalidDataException($"prices.tsv: {cells.Length} columns instead of {Columns.Count}: {line}");
        try
        {
            return Parse(cells);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException($"prices.tsv: {e.Message}: {line}", e);
        }
    }

    private static PriceRow Parse(string[] cells) => new()
    {
        Provider = cells[0],
        Model = cells[1],
        From = cells[2].Length == 0 ? null : DateOnly.ParseExact(cells[2], "yyyy-MM-dd", CultureInfo.InvariantCulture),
        Hours = cells[3].Length == 0 ? null : PriceHours.Parse(cells[3]),
        Above = cells[4].Length == 0 ? 0 : long.Parse(cells[4], NumberStyles.None, CultureInfo.InvariantCulture),
        Input = Dollars(cells[5]),
        CacheRead = Dollars(cells[6]),
        CacheWrite = Dollars(cells[7]),
        CacheWrite1h = Dollars(cells[8]),
        Output = Dollars(cells[9]),
        Reasoning = Dollars(cells[10]),
        AudioInput = Dollars(cells[11]),
        AudioCacheRead = Dollars(cells[12]),
        AudioOutput = Dollars(cells[13]),
        ImageInput = Dollars(cells[14]),
        ImageOutput = Dollars(cells[15]),
        WebSearch = Dollars(cells[16]),
        Request = Dollars(cells[17]),
        Batch = Dollars(cells[18]),
        Flex = Dollars(cells[19]),
        Priority = Dollars(cells[20]),
        Source = cells[21],
        Dated = cells[22],
    };

    /// <summary>The line of the table.</summary>
    public string Format() => string.Join('\t', Cells());

    /// <summary>One text a column, in the order of <see cref="Columns"/>; empty = not said.</summary>
    public string[] Cells() =>
    [
        Provider, Model, From?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "", Hours?.ToString() ?? "",
        Above == 0 ? "" : Above.ToString(CultureInfo.InvariantCulture),
        Text(Input), Text(CacheRead), Text(CacheWrite), Text(CacheWrite1h), Text(Output), Text(Reasoning), Text(AudioInput), Text(AudioCacheRead), Text(AudioOutput),
        Text(ImageInput), Text(ImageOutput), Text(WebSearch), Text(Request), Text(Batch), Text(Flex), Text(Priority), Source, Dated,
    ];

    private static decimal? Dollars(string cell) => cell.Length == 0 ? null : decimal.Parse(cell, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private static string Text(decimal? value) => value?.ToString("0.############", CultureInfo.InvariantCulture) ?? "";
}
