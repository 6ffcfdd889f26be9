using System.Diagnostics;

namespace OpenClaw.EndToEnd.Running;

/// <summary>Another process changes when it does: asks again and again, for as long as a patient person would.</summary>
internal static class Until
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>Fails with <paramref name="what"/> and the last answer when <paramref name="isSo"/> stays false.</summary>
    public static async Task<T> TrueAsync<T>(string what, Func<Task<T>> ask, Func<T, bool> isSo)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask();
            if (isSo(answer)) return answer;
            if (watch.Elapsed > s_patience) Assert.Fail($"{what} did not come true; last: {answer}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
