using System.Globalization;
using System.Security.Cryptography;

namespace OpenClaw.Bench;

/// <summary>What was measured of one fleet, by name. Kept in a file, so that a bench that is begun again does not measure it again.</summary>
/// <param name="Build">Of which binary it is.</param>
internal sealed record FleetFigures(string Build, int Size)
{
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);

    public double this[string name]
    {
        get => _values.GetValueOrDefault(name);
        set => _values[name] = value;
    }

    /// <summary>The same while the binary and the libraries beside it are.</summary>
    public static string BuildOf(string binary)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var folder = Path.GetDirectoryName(Path.GetFullPath(binary))!;
        foreach (var file in Directory.GetFiles(folder, "*.dll").Append(binary).Order(StringComparer.Ordinal)) hash.AppendData(File.ReadAllBytes(file));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 6));
    }

    /// <summary>The fleets of this build that a file holds; none when there is no file.</summary>
    public static List<FleetFigures> Read(string file, string build)
    {
        var fleets = new SortedDictionary<int, FleetFigures>();
        foreach (var line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            if (line.Split('\t') is not [var of, var size, var name, var value] || of != build) continue;
            var count = int.Parse(size, CultureInfo.InvariantCulture);
            if (!fleets.TryGetValue(count, out var fleet)) fleets[count] = fleet = new FleetFigures(build, count);
            fleet[name] = double.Parse(value, CultureInfo.InvariantCulture);
        }
        return [.. fleets.Values];
    }

    public void AppendTo(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.AppendAllLines(file, _values.Select(v => string.Create(CultureInfo.InvariantCulture, $"{Build}\t{Size}\t{v.Key}\t{v.Value:R}")));
    }
}
