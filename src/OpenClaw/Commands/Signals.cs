using System.Runtime.InteropServices;

namespace OpenClaw.Commands;

/// <summary>SIGTERM, SIGINT and SIGQUIT as one request to stop. The second one ends the process at once.</summary>
internal sealed class Signals : IDisposable
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancel = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Signals()
    {
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = _asked.TrySetResult();
            if (signal.Cancel) _cancel.Cancel();
        }
        _registrations = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(s => PosixSignalRegistration.Create(s, Stop))];
    }

    /// <summary>Completes with the first signal.</summary>
    public Task Asked => _asked.Task;

    public CancellationToken Token => _cancel.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _cancel.Dispose();
    }
}
