using System.Diagnostics.CodeAnalysis;

namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>The connections of one origin that rest between requests; the latest is taken first. Thread-safe.</summary>
internal sealed class ConnectionPool(HttpOrigin origin, TimeProvider time, bool isOurs) : IDisposable
{
    private const int MaxResting = 512;

    // Most servers close after 60 s and more; who closes first has no race.
    private static readonly TimeSpan s_longestRest = TimeSpan.FromSeconds(55);

    // A provider's address changes; connections are renewed so that DNS is asked again.
    private static readonly TimeSpan s_longestLife = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly List<UpstreamConnection> _resting = [];
    private bool _disposed;

    public HttpOrigin Origin => origin;

    public TimeProvider Time => time;

    /// <summary>
    /// Requests go over connections of ours: in the clear always, over TLS once the origin has chosen HTTP/1.1. What chose
    /// HTTP/2, or is behind a proxy, is the platform's client's.
    /// </summary>
    public bool IsOurs { get; private set; } = isOurs;

    /// <summary>What the origin chose in a TLS handshake.</summary>
    public void Learned(bool speaksHttp11) => IsOurs = speaksHttp11;

    public int Resting
    {
        get
        {
            lock (_lock) return _resting.Count;
        }
    }

    /// <summary>A connection that seems alive.</summary>
    public bool TryTake([NotNullWhen(true)] out UpstreamConnection? connection)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_resting.Count == 0)
                {
                    connection = null;
                    return false;
                }
                connection = _resting[^1];
                _resting.RemoveAt(_resting.Count - 1);
            }
            if (!IsOver(connection) && !connection.IsStale) return true;
            connection.Dispose();
        }
    }

    public void Return(UpstreamConnection connection)
    {
        connection.Rest(time.GetTimestamp());
        lock (_lock)
        {
            if (!_disposed && _resting.Count < MaxResting && !IsOver(connection))
            {
                _resting.Add(connection);
                return;
            }
        }
        connection.Dispose();
    }

    /// <summary>Closes what rested too long, lived too long or was closed by the other side.</summary>
    public void Sweep()
    {
        List<UpstreamConnection>? over = null;
        lock (_lock)
        {
            for (var i = _resting.Count - 1; i >= 0; i--)
            {
                if (!IsOver(_resting[i]) && !_resting[i].IsStale) continue;
                (over ??= []).Add(_resting[i]);
                _resting.RemoveAt(i);
            }
        }
        foreach (var connection in over ?? []) connection.Dispose();
    }

    public void Dispose()
    {
        UpstreamConnection[] all;
        lock (_lock)
        {
            _disposed = true;
            all = [.. _resting];
            _resting.Clear();
        }
        foreach (var connection in all) connection.Dispose();
    }

    private bool IsOver(UpstreamConnection connection) =>
        time.GetElapsedTime(connection.Rested) > s_longestRest || time.GetElapsedTime(connection.Opened) > s_longestLife;
}
