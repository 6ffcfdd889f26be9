using System.Globalization;
using System.Security.Cryptography;

namespace OpenClaw.Gateway.Metering.Ledger.Journal;

/// <summary>
/// One gateway's folder of journal files, <c>ledger/N</c> in the state directory, held by a lock: a second gateway on the same
/// state directory takes the next free number. The folder also gives a gateway its lasting name, so that a restart reads its own.
/// </summary>
internal sealed class JournalFolder : IDisposable
{
    private const int MaxFolders = 64;
    private const string Extension = ".journal";
    private const string Unread = ".unread";
    private readonly FileStream _lock;

    private JournalFolder(string path, FileStream held, string gatewayId) => (Path, _lock, GatewayId) = (path, held, gatewayId);

    public string Path { get; }

    /// <summary>False: another process held the first one when this was taken.</summary>
    public bool IsFirst { get; private init; }

    /// <summary>Who wrote what lies here; 16 hexadecimal digits, the same after a restart.</summary>
    public string GatewayId { get; }

    /// <summary>The first folder under <paramref name="root"/> that nobody holds.</summary>
    /// <exception cref="IOException">The place cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The place cannot be written to.</exception>
    public static JournalFolder Take(string root)
    {
        for (var number = 0; number < MaxFolders; number++)
        {
            if (TryTake(PathOf(root, number), isFirst: number == 0) is { } folder) return folder;
        }
        throw new IOException($"{MaxFolders} gateways already share {root}");
    }

    /// <summary>
    /// The first folder under <paramref name="root"/> that nobody holds and that has no files of an earlier run, for a gateway that
    /// has worked under <paramref name="gatewayId"/> already: it is that gateway's from now on.
    /// </summary>
    /// <exception cref="IOException">The place cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The place cannot be written to.</exception>
    public static JournalFolder TakeFor(string root, string gatewayId)
    {
        for (var number = 0; number < MaxFolders; number++)
        {
            var path = PathOf(root, number);
            if (Directory.Exists(path) && SegmentsIn(path).Any()) continue;
            // What the earlier run left is told from this one's by the folder's name alone.
            if (TryTake(path, isFirst: number == 0, gatewayId) is { } folder) return folder;
        }
        throw new IOException($"{MaxFolders} gateways already share {root}");
    }

    /// <summary>Other folders with files that nobody holds: their gateways ended and did not come back.</summary>
    public static IEnumerable<JournalFolder> TakeAbandoned(string root)
    {
        for (var number = 0; number < MaxFolders; number++)
        {
            var path = PathOf(root, number);
            if (!Directory.Exists(path) || !SegmentsIn(path).Any()) continue;
            if (TryTake(path) is { } folder) yield return folder;
        }
    }

    /// <summary>The files, oldest first.</summary>
    public IReadOnlyList<(long Number, string Path)> Segments() => [.. SegmentsIn(Path).OrderBy(static s => s.Number)];

    /// <summary>
    /// A number above that of every file there ever was here, even if the clock was set back or the files are gone: the database
    /// remembers up to which one it has everything.
    /// </summary>
    public long NextNumber(DateTimeOffset now)
    {
        var file = System.IO.Path.Combine(Path, "last-number");
        var last = File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var known) ? known : 0;
        foreach (var (number, _) in SegmentsIn(Path)) last = Math.Max(last, number);
        // Room for the files of this run: nobody writes a million of them in the milliseconds between two starts.
        var next = Math.Max(last + 1_000_000, now.ToUnixTimeMilliseconds());
        try
        {
            File.WriteAllText(file + ".new", next.ToString(CultureInfo.InvariantCulture));
            File.Move(file + ".new", file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk keeps nobody from starting: unless the clock goes back as well, the next number is larger all the same.
        }
        return next;
    }

    public string PathOf(long number) => System.IO.Path.Combine(Path, number.ToString("D16", CultureInfo.InvariantCulture) + Extension);

    /// <summary>An earlier start could not read the file.</summary>
    public static bool IsUnread(string path) => System.IO.Path.GetFileNameWithoutExtension(path).EndsWith(Unread, StringComparison.Ordinal);

    /// <summary>What the file is called from then on.</summary>
    public static string UnreadNameOf(string path) => IsUnread(path) ? path : System.IO.Path.ChangeExtension(path, null) + Unread + Extension;

    public void Dispose() => _lock.Dispose();

    private static string PathOf(string root, int number) => System.IO.Path.Combine(root, number.ToString(CultureInfo.InvariantCulture));

    private static JournalFolder? TryTake(string path, bool isFirst = false, string? gatewayId = null)
    {
        // Names of sessions and clients are nobody else's business.
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        FileStream held;
        try
        {
            held = new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(System.IO.Path.Combine(path, "lock")))
        {
            return null;
        }
        try
        {
            return new JournalFolder(path, held, gatewayId is null ? GatewayIdIn(path) : Name(path, gatewayId)) { IsFirst = isFirst };
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static string GatewayIdIn(string path)
    {
        var file = NameIn(path);
        if (File.Exists(file) && File.ReadAllText(file).Trim() is { Length: 16 } known && known.All(char.IsAsciiHexDigitLower)) return known;
        return Name(path, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
    }

    private static string NameIn(string path) => System.IO.Path.Combine(path, "gateway-id");

    private static string Name(string path, string made)
    {
        var file = NameIn(path);
        // Whole or not at all: a name that was cut in half would be another gateway's.
        File.WriteAllText(file + ".new", made + "\n");
        File.Move(file + ".new", file, overwrite: true);
        return made;
    }

    private static IEnumerable<(long Number, string Path)> SegmentsIn(string path)
    {
        foreach (var file in Directory.EnumerateFiles(path, "*" + Extension))
        {
            var name = System.IO.Path.GetFileNameWithoutExtension(file);
            if (IsUnread(file)) name = name[..^Unread.Length];
            if (long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) yield return (number, file);
        }
    }
}
