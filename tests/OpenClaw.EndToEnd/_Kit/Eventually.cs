using System.Diagnostics;

namespace OpenClaw.EndToEnd;

/// <summary>For what another process does in its own time: looked at until it is so, or until a limit that means it will never be.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task<bool> IsTrueAsync(Func<bool> condition, TimeSpan? limit = null) => IsTrueAsync(() => Task.FromResult(condition()), limit);

    public static async Task<bool> IsTrueAsync(Func<Task<bool>> condition, TimeSpan? limit = null)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < (limit ?? Limit))
        {
            if (await condition()) return true;
            await Task.Delay(5);
        }
        return false;
    }
}
