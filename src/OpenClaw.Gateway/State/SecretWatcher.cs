using System.Collections.Immutable;
using OpenClaw.Config;

namespace OpenClaw.Gateway.State;

/// <summary>
/// Looks at the files of secrets once a second, so that a rotated key is used by the next request. Reading beats waiting
/// for events here: Kubernetes swaps a link two folders up (<c>..data</c>), and network folders send no events at all.
/// </summary>
internal sealed class SecretWatcher : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SecretStore _store;
    private readonly Action<ImmutableArray<SecretConfig>> _changed;
    private readonly Action<string> _log;
    private readonly ITimer _timer;
    private string? _problem;
    private int _looking;

    /// <param name="changed">Told which secrets changed, after they are in use. Called on a timer thread.</param>
    public SecretWatcher(SecretStore store, TimeProvider time, Action<ImmutableArray<SecretConfig>> changed, Action<string> log)
    {
        _log = log;
        _store = store;
        _changed = changed;
        _timer = time.CreateTimer(static watcher => ((SecretWatcher)watcher!).Look(), this, Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // A disk slower than the interval must not pile up threads.
        if (Interlocked.Exchange(ref _looking, 1) == 1) return;
        try
        {
            var found = _store.Refresh();
            foreach (var secret in found.Lost) _log($"secret {secret}: {_store.Loss(secret)}; its old value stays in use, and is gone when the gateway is started again");
            foreach (var secret in found.Back) _log($"secret {secret}: it can be read again");
            if (!found.Changed.IsEmpty) _changed(found.Changed);
            _problem = null;
        }
        catch (Exception e)
        {
            // On a timer thread it would end the process. Told once; the next look may do better.
            if (_problem != e.Message) _log($"the files of secrets could not be read again: {e}");
            _problem = e.Message;
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }
}
