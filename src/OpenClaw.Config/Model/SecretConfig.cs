namespace OpenClaw.Config;

/// <summary>Where a secret comes from.</summary>
public enum SecretSource
{
    /// <summary>Written in the file itself (after <c>${VAR}</c> was replaced).</summary>
    Literal,

    /// <summary>An environment variable.</summary>
    Env,

    /// <summary>A file, watched for changes, Kubernetes' symlink swap included.</summary>
    File,
}

/// <summary>A place of the file (or of the environment) that names a file with a secret.</summary>
/// <param name="Line">1-based; 0 when the place is not in the file.</param>
/// <param name="Pointer">RFC 6901; "" when the place is not in the file.</param>
public sealed record SecretPlace(SecretConfig Secret, int Line, string Pointer);

/// <summary>
/// A reference to a secret, never printed with its value: <see cref="ToString"/> tells where it is from.
/// </summary>
public sealed record SecretConfig
{
    /// <summary>No secret at all: a reference that never resolves.</summary>
    public static SecretConfig None { get; } = new() { Source = SecretSource.Env, Value = "" };

    public required SecretSource Source { get; init; }

    /// <summary>The literal, the variable's name, or the file's path.</summary>
    public required string Value { get; init; }

    /// <summary>For <see cref="SecretSource.File"/>: a JSON pointer into the file; null takes the whole file, trimmed.</summary>
    public string? Pointer { get; init; }

    /// <summary>For a literal that came from <c>${VAR}</c> as a whole: the variable's name, for display.</summary>
    public string? FromVariable { get; init; }

    /// <summary>Where it is from, never what it is: <c>env:OPENAI_API_KEY</c>, <c>file:/run/key</c>, <c>config</c>.</summary>
    public override string ToString() => Source switch
    {
        SecretSource.Env => "env:" + Value,
        SecretSource.File => "file:" + Value + (Pointer is null ? "" : "#" + Pointer),
        _ => FromVariable is null ? "config" : "env:" + FromVariable,
    };
}
