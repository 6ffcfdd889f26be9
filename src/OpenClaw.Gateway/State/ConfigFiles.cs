using OpenClaw.Config;

namespace OpenClaw.Gateway.State;

/// <summary>Reads the configuration file of a gateway. The last one to be read whole wins; a file in the middle of being written is read again later.</summary>
internal sealed class ConfigFiles(GatewayOptions options)
{
    public string? Path => options.ConfigPath;

    public async Task<(OpenClawConfig? Config, IReadOnlyList<ConfigProblem> Problems, StartRefusal? Refusal)> ReadAsync(CancellationToken cancel)
    {
        byte[] bytes = [];
        if (options.ConfigPath is { } path)
        {
            try
            {
                bytes = await File.ReadAllBytesAsync(path, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return (null, [], new StartRefusal($"the configuration {path} cannot be read: {e.Message}", "name another with --config or OPENCLAW_CONFIG_PATH", []));
            }
        }
        var result = ConfigReader.Read(bytes, options.Environment);
        return result.Config is { } config
            ? (config, result.Problems, null)
            : (null, result.Problems, new StartRefusal($"the configuration {options.ConfigPath ?? "in the environment"} is not valid", "openclaw config validate says the same without starting", result.Problems));
    }
}
