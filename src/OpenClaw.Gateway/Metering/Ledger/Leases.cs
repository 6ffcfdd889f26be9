namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>What a counter counts, for a lease.</summary>
internal enum LeaseUnit
{
    Usd,

    Tokens,
}

/// <summary>A gateway asks for a part of what a shared budget has left.</summary>
/// <param name="Limit">The whole budget, in dollars or tokens.</param>
/// <param name="Want">Granted in full when there is enough.</param>
/// <param name="Least">With less than this the lease would be of no use: then nothing is granted.</param>
internal readonly record struct LeaseWish(LeaseUnit Unit, decimal Limit, decimal Want, decimal Least);

/// <summary>What was granted on top of what the gateway's lease still had.</summary>
/// <param name="Granted">0 = the budget has not enough left for anyone.</param>
/// <param name="Spent">The counter, presumed spending of gateways that vanished included.</param>
/// <param name="Leased">Unspent parts of all live leases, the new part of this one included.</param>
internal readonly record struct LeaseGrant(decimal Granted, decimal Spent, decimal Leased);

/// <summary>
/// What a gateway may still cause to be charged without asking anyone: reserved in flight, and settled but not yet written,
/// with some headroom. If the gateway vanishes, this part of its lease counts as spent until its journal is read again.
/// </summary>
internal readonly record struct LeaseExposure(CounterKey Counter, decimal Usd, long Tokens);

/// <summary>A lease as the database has it. A lease that is missing from the answer to a heartbeat was reclaimed: ask for a new one.</summary>
internal readonly record struct LeaseLeft(CounterKey Counter, LeaseUnit Unit, decimal Amount);
