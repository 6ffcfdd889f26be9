using System.Runtime.InteropServices;

namespace OpenClaw.Chat;

/// <summary>Does something when a signal ends the program, and leaves the ending to the runtime.</summary>
internal sealed class WaysOut : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    public WaysOut(Action leave) =>
        _registrations = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }.Select(s => PosixSignalRegistration.Create(s, _ => leave()))];

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }
}
