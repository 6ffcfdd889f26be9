namespace OpenClaw.Commands;

/// <summary>Where the configuration and the state live.</summary>
internal static class Places
{
    /// <summary><c>OPENCLAW_STATE_DIR</c>, else <c>~/.openclaw</c>.</summary>
    public static string StateFolder =>
        Variable("OPENCLAW_STATE_DIR") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".openclaw");

    /// <summary>The file to read: <paramref name="asked"/>, else <c>OPENCLAW_CONFIG_PATH</c>, else the default one if it exists; null = none.</summary>
    public static string? ConfigFile(string? asked)
    {
        if (asked is not null) return Path.GetFullPath(asked);
        if (Variable("OPENCLAW_CONFIG_PATH") is { } named) return Path.GetFullPath(named);
        return File.Exists(DefaultConfigFile) ? DefaultConfigFile : null;
    }

    public static string DefaultConfigFile => Path.Combine(StateFolder, "openclaw.json");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
