using OpenClaw.Gateway.Telemetry;

namespace OpenClaw.Gateway.State;

/// <summary>The way out: new requests are refused, running answers end, at most for a while. Thread-safe.</summary>
internal sealed class Drain(Metrics metrics, TimeSpan longest, TimeProvider time, Action<string> log)
{
    private volatile bool _draining;

    public bool IsDraining => _draining;

    public async Task RunAsync()
    {
        _draining = true;
        var started = time.GetTimestamp();
        if (metrics.InFlight > 0) log($"draining: {metrics.InFlight} answers are running, at most {longest.TotalSeconds:0} s");
        while (metrics.InFlight > 0 && time.GetElapsedTime(started) < longest)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(25), time).ConfigureAwait(false);
        }
        if (metrics.InFlight > 0) log($"drain time is over: {metrics.InFlight} answers are cut off");
    }
}
