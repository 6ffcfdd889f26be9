using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using OpenClaw.Config;

namespace OpenClaw.Gateway.State;

/// <summary>A secret, or why there is none, in words that name the place and not the value.</summary>
/// <param name="IsMalformed">True when something is there that no header can carry: that is not the same as no secret.</param>
internal readonly record struct SecretReading(Secret? Value, string? Problem, bool IsMalformed = false);

/// <summary>
/// Resolves references to secrets. Variables and literals are read once; files are kept and read again by
/// <see cref="Refresh"/>. Thread-safe.
/// </summary>
internal sealed class SecretStore(ConfigEnvironment environment)
{
    private const int MaxFileBytes = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<SecretConfig, SecretReading> _known = [];
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

    /// <summary>
    /// Reads every file again; returns those whose value changed. A file that cannot be read, is empty or is not understood
    /// keeps its old value: a swap is under way, or a mistake that must not take a working key away.
    /// </summary>
    public ImmutableArray<SecretConfig> Refresh()
    {
        SecretConfig[] files;
        lock (_lock) files = [.. _known.Keys.Where(static c => c.Source == SecretSource.File)];
        var changed = ImmutableArray.CreateBuilder<SecretConfig>();
        foreach (var config in files)
        {
            // Read without the lock: a disk may be slow. The content itself is compared, not times and links: a copy
            // that keeps its times, and a link anywhere in the path that points elsewhere, are changes too.
            var reading = Resolve(config);
            lock (_lock)
            {
                var old = _known[config];
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
        return changed.ToImmutable();
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
