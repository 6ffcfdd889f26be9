using System.Globalization;
using OpenClaw.Config;
using OpenClaw.Config.Text;

namespace OpenClaw.Gateway.Control;

/// <summary>
/// Room on a disk, where a bound is set: <c>OPENCLAW_READY_MIN_FREE</c>, bytes or a size such as <c>10GB</c>, for the disk of <c>OPENCLAW_READY_DISK</c>, else
/// of the state folder. Below it the gateway is not ready: no new requests come, and those that run go on.
/// </summary>
internal sealed class ReadyDisk(string path, long minFree)
{
    private const string Bound = "OPENCLAW_READY_MIN_FREE";

    /// <summary>Nothing without a bound; a refusal for one that cannot be read.</summary>
    public static (ReadyDisk? Disk, StartRefusal? Refusal) Of(ConfigEnvironment environment, string? stateFolder)
    {
        if (environment.Variable(Bound)?.Trim() is not { Length: > 0 } text) return (null, null);
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && !SizeText.TryParse(text, out bytes))
        {
            return (null, new StartRefusal($"the variable {Bound} is no size", "set it to bytes or to a size such as 10GB, or remove it", []));
        }
        return (bytes > 0 && (environment.Variable("OPENCLAW_READY_DISK") ?? stateFolder) is { Length: > 0 } path ? new ReadyDisk(path, bytes) : null, null);
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
