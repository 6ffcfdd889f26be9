using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

/// <summary>A state folder of a test's own, and ledgers in it.</summary>
internal sealed class LedgerFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("openclaw-ledger-").FullName;

    public List<string> Log { get; } = [];

    public string Database => System.IO.Path.Combine(Path, "openclaw.db");

    public IReadOnlyList<string> Journals => Directory.Exists(System.IO.Path.Combine(Path, "ledger"))
        ? [.. Directory.EnumerateFiles(System.IO.Path.Combine(Path, "ledger"), "*.journal", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]
        : [];

    public LedgerOptions Options => new() { StateFolder = Path, Log = Note };

    public LedgerState Open(Func<LedgerOptions, LedgerOptions>? with = null)
    {
        var (ledger, problem) = LedgerState.Open(with is null ? Options : with(Options));
        Assert.Null(problem);
        return ledger!;
    }

    /// <summary>The folder as a process leaves it that ends this very moment: a copy, with nothing closed.</summary>
    public LedgerFolder Crash()
    {
        var copy = new LedgerFolder();
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            var to = System.IO.Path.Combine(copy.Path, System.IO.Path.GetRelativePath(Path, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(to)!);
            // By way of a stream, because the lock file is held.
            if (file.EndsWith("/lock", StringComparison.Ordinal)) continue;
            try
            {
                File.Copy(file, to);
            }
            catch (FileNotFoundException)
            {
                // SQLite's own, gone since the folder was read.
            }
        }
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private void Note(string line)
    {
        lock (Log) Log.Add(line);
    }
}
