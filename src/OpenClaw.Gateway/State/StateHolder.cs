namespace OpenClaw.Gateway.State;

/// <summary>The current snapshot. Read without a lock; replaced whole by the one who reloads.</summary>
internal sealed class StateHolder(GatewayState initial)
{
    private volatile GatewayState _current = initial;

    public GatewayState Current => _current;

    /// <summary>A new snapshot is in force. Raised on the thread that reloads; must not throw or wait.</summary>
    public event Action? Replaced;

    public void Replace(GatewayState state)
    {
        _current = state;
        Replaced?.Invoke();
    }
}
