namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>The till: takes every finished request and keeps it for good.</summary>
internal sealed class LedgerState : IAsyncDisposable
{
    /// <summary>Notes that a request may cost money from now on. Survives the process.</summary>
    public void Opened(LedgerOpening opening)
    {
    }

    /// <summary>Takes a finished request. Survives the process once it returns; reaches the database soon after.</summary>
    public void Settled(LedgerEntry entry)
    {
    }

    /// <summary>Why no request that costs money may begin now (the database is away and the queue is full), or null.</summary>
    public string? WhyNotAccepting => null;

    public ValueTask DisposeAsync() => default;
}
