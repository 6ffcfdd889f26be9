using System.Runtime.InteropServices;

namespace OpenClaw.Commands;

/// <summary>
/// SIGTERM, SIGINT and SIGQUIT as one request to stop; the second one ends the process at once. SIGHUP stops as well where its
/// terminal is closed, and nothing else: a service manager that sends it means "read your files", which goes on all the time.
/// </summary>
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
        void HangUp(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (!Console.IsInputRedirected) Stop(signal);
            else Terminal.Log("SIGHUP: configuration and keys are read again whenever their files change; nothing else is done");
        }
        _registrations =
        [
            .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(s => PosixSignalRegistration.Create(s, Stop)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, HangUp),
        ];
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
