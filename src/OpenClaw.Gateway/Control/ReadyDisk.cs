using System.Globalization;
using OpenClaw.Config;

namespace OpenClaw.Gateway.Control;

/// <summary>
/// Room on a disk, where a bound is set: <c>OPENCLAW_READY_MIN_FREE</c> in bytes, for the disk of <c>OPENCLAW_READY_DISK</c>, else
/// of the state folder. Below it the gateway is not ready: no new requests come, and those that run go on.
/// </summary>
internal sealed class ReadyDisk(string path, long minFree)
{
    /// <summary>Null without a bound.</summary>
    public static ReadyDisk? Of(ConfigEnvironment environment, string? stateFolder)
    {
        if (!long.TryParse(environment.Variable("OPENCLAW_READY_MIN_FREE"), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) || bytes == 0) return null;
        return (environment.Variable("OPENCLAW_READY_DISK") ?? stateFolder) is { Length: > 0 } path ? new ReadyDisk(path, bytes) : null;
    }

    /// <summary>What is amiss, without the path: it is read without a token. Null when there is room.</summary>
    public string? Problem()
    {
        try
        {
            return new DriveInfo(path).AvailableFreeSpace >= minFree ? null : "disk: nearly full";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "disk: cannot be looked at";
        }
    }
}
