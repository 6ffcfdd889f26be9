namespace OpenClaw.Commands;

/// <summary>What the process says when it ends.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The thing asked is not so.</summary>
    public const int NotSo = 1;

    /// <summary>Wrong usage.</summary>
    public const int Usage = 2;

    /// <summary>No gateway answers (sysexits EX_UNAVAILABLE).</summary>
    public const int Unreachable = 69;

    /// <summary>Refused to start on its configuration (sysexits EX_CONFIG).</summary>
    public const int Config = 78;
}
