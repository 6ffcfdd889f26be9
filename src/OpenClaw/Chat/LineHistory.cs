using System.Text;
using System.Text.Json;

namespace OpenClaw.Chat;

/// <summary>What was said before, for the up and down keys. Kept in a file that only its owner may read; one JSON string a line.</summary>
internal sealed class LineHistory(string? file)
{
    private const int MaxLines = 1000;
    private const int MaxLength = 16 * 1024;
    private readonly List<string> _lines = [];
    private int _at;
    private string _draft = "";

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>An unreadable file is no history.</summary>
    public static LineHistory Load(string file)
    {
        var history = new LineHistory(file);
        try
        {
            if (!File.Exists(file)) return history;
            foreach (var line in File.ReadLines(file))
            {
                if (Read(line) is { Length: > 0 } text) history._lines.Add(text);
            }
            if (history._lines.Count > MaxLines) history._lines.RemoveRange(0, history._lines.Count - MaxLines);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            history._lines.Clear();
        }
        history._at = history._lines.Count;
        return history;
    }

    /// <summary>Keeps a line, unless it is the one before again.</summary>
    public void Add(string line)
    {
        if (line.Length is > 0 and <= MaxLength && (_lines.Count == 0 || _lines[^1] != line))
        {
            _lines.Add(line);
            if (_lines.Count > MaxLines) _lines.RemoveAt(0);
            Save();
        }
        (_at, _draft) = (_lines.Count, "");
    }

    /// <summary>The line before, or null at the oldest. <paramref name="current"/> is kept for the way back.</summary>
    public string? Up(string current)
    {
        if (_at == 0) return null;
        if (_at == _lines.Count) _draft = current;
        return _lines[--_at];
    }

    /// <summary>The line after, at the end what was being typed; null beyond it.</summary>
    public string? Down()
    {
        if (_at >= _lines.Count) return null;
        return ++_at == _lines.Count ? _draft : _lines[_at];
    }

    private void Save()
    {
        if (file is null) return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            var temporary = file + ".new";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var writer = new StreamWriter(temporary, Encoding.UTF8, options))
            {
                foreach (var line in _lines) writer.WriteLine('"' + JsonEncodedText.Encode(line).ToString() + '"');
            }
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A history that cannot be kept is no reason to stop talking.
        }
    }

    private static string? Read(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.GetString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
