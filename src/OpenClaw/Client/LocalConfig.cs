using OpenClaw.Commands;
using OpenClaw.Config;

namespace OpenClaw.Client;

/// <summary>The configuration as this process reads it.</summary>
/// <param name="Path">The file; null = none, the environment alone.</param>
/// <param name="Bytes">Its content; empty when it could not be read.</param>
/// <param name="Unreadable">Why the file could not be read, or null.</param>
internal sealed record LocalConfig(string? Path, byte[] Bytes, ConfigResult Result, string? Unreadable)
{
    public OpenClawConfig? Config => Unreadable is null ? Result.Config : null;

    /// <summary>The path, or what stands for it.</summary>
    public string Name => Path ?? "the environment";

    /// <param name="asked">What <c>--config</c> said, or null.</param>
    public static LocalConfig Load(string? asked) => Read(Places.ConfigFile(asked), ConfigEnvironment.Process);

    public static LocalConfig Read(string? path, ConfigEnvironment environment)
    {
        if (path is null) return new LocalConfig(null, [], ConfigReader.ReadEnvironment(environment), null);
        try
        {
            var bytes = File.ReadAllBytes(path);
            return new LocalConfig(path, bytes, ConfigReader.Read(bytes, environment), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why = Directory.Exists(path) ? $"it is a folder; name the file in it, such as {System.IO.Path.Combine(path, "openclaw.json")}"
                : e is FileNotFoundException or DirectoryNotFoundException ? "it does not exist" : e.Message;
            return new LocalConfig(path, [], new ConfigResult(null, []), why);
        }
    }

    /// <summary>Says on standard error why there is no configuration; 0 when there is one.</summary>
    public int Report(bool json)
    {
        if (Unreadable is not null) return Terminal.Fail(json, $"{Path} cannot be read: {Unreadable}", "name another with --config or OPENCLAW_CONFIG_PATH");
        if (Config is not null) return ExitCode.Ok;
        var code = Terminal.Fail(json, $"{Name} is not a valid configuration", "openclaw config validate says the same, with what to write instead");
        foreach (var problem in Result.Problems) Terminal.Line("  " + problem);
        return code;
    }
}
