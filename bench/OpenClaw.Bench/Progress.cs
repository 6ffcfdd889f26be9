using System.Diagnostics;
using System.Globalization;

namespace OpenClaw.Bench;

/// <summary>A line that is written over on a terminal, and one every ten seconds elsewhere. Thread-safe.</summary>
internal sealed class Progress(int size)
{
    private readonly Lock _lock = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _next;

    public void Say(string text)
    {
        lock (_lock)
        {
            if (_watch.Elapsed < _next) return;
            _next = _watch.Elapsed + TimeSpan.FromSeconds(Console.IsErrorRedirected ? 10 : 0.2);
        }
        var line = string.Create(CultureInfo.InvariantCulture, $"{size} instances, {_watch.Elapsed.TotalSeconds:F0} s: {text}");
        if (Console.IsErrorRedirected) Console.Error.WriteLine(line);
        else Console.Error.Write($"\r\e[K{line}");
    }

    public void End(string text) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(Console.IsErrorRedirected ? "" : "\r\e[K")}{size} instances, done after {_watch.Elapsed.TotalSeconds:F0} s: {text}"));
}
