using OpenClaw.Gateway.Telemetry;

namespace OpenClaw.Gateway.State;

/// <summary>
/// The way out: new requests are refused, running answers end, at most for a while; those that are left then are told so.
/// Thread-safe.
/// </summary>
internal sealed class Drain(Metrics metrics, TimeSpan longest, TimeProvider time, Action<string> log) : IDisposable
{
    // For the errors of those that are cut off, and what they cost, to be written.
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _over = new();
    private volatile bool _draining;

    public bool IsDraining => _draining;

    /// <summary>Cancelled when the time is over: whoever still waits for a provider ends with an error.</summary>
    public CancellationToken Over => _over.Token;

    public void Dispose() => _over.Dispose();

    public async Task RunAsync()
    {
        _draining = true;
        if (metrics.InFlight > 0) log($"draining: {metrics.InFlight} answers are running, at most {longest.TotalSeconds:0.###} s");
        await WaitAsync(longest).ConfigureAwait(false);
        if (metrics.InFlight == 0) return;
        log($"drain time is over: {metrics.InFlight} answers are cut off");
        await _over.CancelAsync().ConfigureAwait(false);
        await WaitAsync(s_farewell).ConfigureAwait(false);
    }

    private async Task WaitAsync(TimeSpan longest)
    {
        var started = time.GetTimestamp();
        while (metrics.InFlight > 0 && time.GetElapsedTime(started) < longest)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(25), time).ConfigureAwait(false);
        }
    }
}
