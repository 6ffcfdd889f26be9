using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using OpenClaw.Config;

namespace OpenClaw.Gateway.State;

/// <summary>A secret, or why there is none, in words that name the place and not the value.</summary>
/// <param name="IsMalformed">True when something is there that no header can carry: that is not the same as no secret.</param>
internal readonly record struct SecretReading(Secret? Value, string? Problem, bool IsMalformed = false);

/// <summary>What a look at the files of secrets found.</summary>
/// <param name="Changed">Those with another value.</param>
/// <param name="Lost">Those whose file has given nothing at two looks in a row, so that an old value stays in use; told once.</param>
/// <param name="Back">Those of <paramref name="Lost"/> that can be read again.</param>
internal readonly record struct SecretChanges(ImmutableArray<SecretConfig> Changed, ImmutableArray<SecretConfig> Lost, ImmutableArray<SecretConfig> Back);

/// <summary>
/// Resolves references to secrets. Variables and literals are read once; files are kept and read again by
/// <see cref="Refresh"/>. Thread-safe.
/// </summary>
internal sealed class SecretStore(ConfigEnvironment environment)
{
    private const int MaxFileBytes = 64 * 1024;

    // A file that is being swapped is away for a moment, which is nothing to tell of.
    private const int LooksUntilLost = 2;

    private readonly Lock _lock = new();
    private readonly Dictionary<SecretConfig, SecretReading> _known = [];

    // Secrets with a value whose file gives none any more, with the number of looks that found it so (at most LooksUntilLost).
    private readonly Dictionary<SecretConfig, int> _unread = [];
    private HashSet<SecretConfig>? _used;
    private int _version;

    /// <summary>Goes up whenever a file's secret changed: who keeps a value compares this first.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>The secret as it is known now. A file is opened at the first call only.</summary>
    public SecretReading Read(SecretConfig config)
    {
        lock (_lock)
        {
            if (!_known.TryGetValue(config, out var reading)) _known[config] = reading = Resolve(config);
            return reading;
        }
    }

    /// <summary>Says which secrets the configuration in force names: the file of one that it no longer names may go unremarked.</summary>
    public void Use(IEnumerable<SecretConfig> secrets)
    {
        HashSet<SecretConfig> used = [.. secrets];
        lock (_lock)
        {
            _used = used;
            foreach (var config in _unread.Keys.Where(c => !used.Contains(c)).ToArray()) _unread.Remove(config);
        }
    }

    /// <summary>Why a secret that is in use could not be read again; null when it could, or has no value at all.</summary>
    public string? Loss(SecretConfig config)
    {
        lock (_lock) return _unread.GetValueOrDefault(config) >= LooksUntilLost ? _known[config].Problem : null;
    }

    /// <summary>Every secret whose old value is in use because its file gives none, with the reason.</summary>
    public IReadOnlyList<(SecretConfig Secret, string Problem)> Losses()
    {
        lock (_lock) return [.. _unread.Where(static u => u.Value >= LooksUntilLost).Select(u => (u.Key, _known[u.Key].Problem ?? ""))];
    }

    /// <summary>
    /// Reads every file again; returns what became of them. A file that cannot be read, is empty or is not understood
    /// keeps its old value: a swap is under way, or a mistake that must not take a working key away.
    /// </summary>
    public SecretChanges Refresh()
    {
        SecretConfig[] files;
        lock (_lock) files = [.. _known.Keys.Where(static c => c.Source == SecretSource.File)];
        var changed = ImmutableArray.CreateBuilder<SecretConfig>();
        var lost = ImmutableArray.CreateBuilder<SecretConfig>();
        var back = ImmutableArray.CreateBuilder<SecretConfig>();
        foreach (var config in files)
        {
            // Read without the lock: a disk may be slow. The content itself is compared, not times and links: a copy
            // that keeps its times, and a link anywhere in the path that points elsewhere, are changes too.
            var reading = Resolve(config);
            lock (_lock)
            {
                var old = _known[config];
                if (reading.Value is not null)
                {
                    if (_unread.Remove(config, out var looks) && looks >= LooksUntilLost) back.Add(config);
                }
                else if (old.Value is not null && _used?.Contains(config) != false)
                {
                    var looks = _unread.GetValueOrDefault(config) + 1;
                    if (looks <= LooksUntilLost) _unread[config] = looks;
                    if (looks == LooksUntilLost) lost.Add(config);
                }
                if (reading.Value is null)
                {
                    if (old.Problem == reading.Problem) continue;
                    _known[config] = old with { Problem = reading.Problem, IsMalformed = reading.IsMalformed };
                    // Nothing in use changes where an older value holds on; what was no key at all may now be a bad one, or no longer.
                    if (old.Value is null && old.IsMalformed != reading.IsMalformed) changed.Add(config);
                    continue;
                }
                var isSame = reading.Value.IsSame(old.Value);
                _known[config] = isSame ? old with { Problem = null, IsMalformed = false } : reading;
                if (!isSame) changed.Add(config);
            }
        }
        if (changed.Count > 0) Interlocked.Increment(ref _version);
        return new SecretChanges(changed.ToImmutable(), lost.ToImmutable(), back.ToImmutable());
    }

    private SecretReading Resolve(SecretConfig config) => config.Source switch
    {
        SecretSource.Env when environment.Variable(config.Value) is { Length: > 0 } value => Checked(value, config),
        SecretSource.Env => new SecretReading(null, config.Value.Length == 0 ? "no secret is configured" : $"the variable {config.Value} is not set"),
        SecretSource.File => FromFile(config),
        _ => Checked(config.Value, config),
    };

    private static SecretReading FromFile(SecretConfig config)
    {
        string text;
        try
        {
            using var file = new FileStream(config.Value, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var bytes = new byte[MaxFileBytes + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxFileBytes) return new SecretReading(null, $"the file {config.Value} is too large for a secret");
            text = Encoding.UTF8.GetString(bytes.AsSpan(0, length)).Trim('\uFEFF');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new SecretReading(null, $"the file {config.Value} {(e is FileNotFoundException or DirectoryNotFoundException ? "does not exist" : "cannot be read")}");
        }
        if (config.Pointer is not { } pointer) return Checked(text, config);
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return JsonPointer(document.RootElement, pointer) is { ValueKind: JsonValueKind.String } found
                ? Checked(found.GetString()!, config)
                : new SecretReading(null, $"the file {config.Value} has no text at {pointer}");
        }
        catch (JsonException)
        {
            return new SecretReading(null, $"the file {config.Value} is not JSON");
        }
        catch (InvalidOperationException)
        {
            // JSON by its form, but an escape in it is half a character (\ud800).
            return new SecretReading(null, $"the file {config.Value} holds half a character (an escape such as \\ud800) at {pointer} or on the way there");
        }
    }

    /// <summary>RFC 6901.</summary>
    private static JsonElement? JsonPointer(JsonElement root, string pointer)
    {
        if (pointer.Length == 0) return root;
        foreach (var token in pointer.TrimStart('/').Split('/'))
        {
            var name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var child)) root = child;
            else if (root.ValueKind == JsonValueKind.Array && int.TryParse(name, out var index) && index >= 0 && index < root.GetArrayLength()) root = root[index];
            else return null;
        }
        return root;
    }

    /// <summary>A line break inside a key would end its header; nothing but printable ASCII is sent.</summary>
    private static SecretReading Checked(string text, SecretConfig config)
    {
        var value = text.Trim();
        if (value.Length == 0) return new SecretReading(null, $"{config} is empty");
        if (SecretCharacters.Problem(value) is { } problem) return new SecretReading(null, $"{config} holds {problem.What}", IsMalformed: true);
        return new SecretReading(new Secret(value), null);
    }
}
