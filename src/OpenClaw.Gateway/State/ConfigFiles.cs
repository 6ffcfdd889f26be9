using System.Security.Cryptography;
using OpenClaw.Config;

namespace OpenClaw.Gateway.State;

/// <summary>Reads the configuration file of a gateway. The last one to be read whole wins; a file in the middle of being written is read again later.</summary>
internal sealed class ConfigFiles(GatewayOptions options)
{
    // A swap is over by the next look.
    private const int MaxMisses = 2;

    private volatile byte[]? _read;
    private int _misses;

    public string? Path => options.ConfigPath;

    /// <summary>True when the file's content is not what was read last, also when the last read failed; and once when it cannot be read at a second look.</summary>
    public bool HasChanged()
    {
        if (Path is null) return false;
        if (Hash(Path) is not { } now) return ++_misses == MaxMisses;
        _misses = 0;
        return !(_read is { } read && now.AsSpan().SequenceEqual(read));
    }

    public async Task<(OpenClawConfig? Config, IReadOnlyList<ConfigProblem> Problems, StartRefusal? Refusal)> ReadAsync(CancellationToken cancel)
    {
        byte[]? bytes = null;
        if (options.ConfigPath is { } path)
        {
            try
            {
                bytes = await File.ReadAllBytesAsync(path, cancel).ConfigureAwait(false);
                _read = SHA256.HashData(bytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _read = null;
                return (null, [], Unreadable(path, e.Message));
            }
        }
        var result = bytes is null ? ConfigReader.ReadEnvironment(options.Environment) : ConfigReader.Read(bytes, options.Environment);
        return result.Config is { } config
            ? (config, result.Problems, null)
            : (null, result.Problems, new StartRefusal($"the configuration {options.ConfigPath ?? "in the environment"} is not valid", "openclaw config validate says the same without starting", result.Problems));
    }

    private static StartRefusal Unreadable(string path, string why) => Directory.Exists(path)
        ? new StartRefusal($"the configuration {path} is a folder, not a file", $"name the file in it, such as {System.IO.Path.Combine(path, "openclaw.json")}, with --config or OPENCLAW_CONFIG_PATH", [])
        : new StartRefusal($"the configuration {path} cannot be read: {why}", "name another with --config or OPENCLAW_CONFIG_PATH", []);

    private static byte[]? Hash(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return SHA256.HashData(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In the middle of a swap: the next look will find it.
            return null;
        }
    }
}
