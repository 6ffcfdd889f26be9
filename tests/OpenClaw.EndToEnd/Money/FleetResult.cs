using System.Globalization;

namespace OpenClaw.EndToEnd.Money;

/// <summary>What one run of the fleet came to.</summary>
/// <param name="Billed">Dollars, by the provider's own count.</param>
/// <param name="Counted">Dollars that the gateways count as spent: also what was held for calls that died with a gateway.</param>
/// <param name="Died">Dollars of those, as the ledger has them.</param>
/// <param name="Refused">For want of money (402).</param>
/// <param name="Away">Refused because the database was away (503).</param>
/// <param name="Left">Callers who left in the middle.</param>
/// <param name="Errors">Answers of the provider that were an error.</param>
/// <param name="Cuts">Streams that the provider ended in the middle.</param>
/// <param name="LeftReserved">What the gateways still hold a minute after the last request at most.</param>
/// <param name="InVain">Refused although it would have fit, see <see cref="FleetBooks"/>.</param>
internal sealed record FleetResult(
    int Seed, bool Shared, decimal Limit, decimal Billed, decimal Counted, decimal Died, int Answered, int Refused, int Away, int Left, int Errors, int Cuts, int Kills, int Pauses, decimal LeftReserved, int InVain, TimeSpan Took)
{
    /// <summary>A run that does not come near its limit shows nothing.</summary>
    public const decimal Near = 0.9m;

    // What was counted and neither billed nor held for the dead: calls whose caller left, or whose stream was cut, are taken for what
    // they may have used.
    private const decimal LeastKnown = 0.85m;

    /// <summary>The last that was refused in vain, at least at first.</summary>
    public string WhyInVain { get; init; } = "";

    public decimal Share => Billed / Limit;

    public bool Holds => Billed <= Limit && Counted <= Limit && Counted >= Near * Limit && Billed + Died >= LeastKnown * Limit && LeftReserved == 0 && InVain == 0;

    public int Calls => Answered + Refused + Away + Left;

    /// <summary>One line, for a run that goes on later.</summary>
    public string ToLine() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Seed}\t{Shared}\t{Limit}\t{Billed}\t{Counted}\t{Died}\t{Answered}\t{Refused}\t{Away}\t{Left}\t{Errors}\t{Cuts}\t{Kills}\t{Pauses}\t{LeftReserved}\t{InVain}\t{Took.TotalSeconds:0.0}");

    public static FleetResult Parse(string line)
    {
        var cells = line.Split('\t');
        int Number(int i) => int.Parse(cells[i], CultureInfo.InvariantCulture);
        decimal Amount(int i) => decimal.Parse(cells[i], NumberStyles.Float, CultureInfo.InvariantCulture);
        return new FleetResult(
            Number(0), bool.Parse(cells[1]), Amount(2), Amount(3), Amount(4), Amount(5), Number(6), Number(7), Number(8), Number(9), Number(10), Number(11), Number(12), Number(13), Amount(14), Number(15), TimeSpan.FromSeconds((double)Amount(16)));
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Shared ? "PostgreSQL" : "SQLite")} seed {Seed}: {Share:P2} of ${Limit} billed, {Counted / Limit:P2} counted, {Died / Limit:P2} of it died; {Answered} answered, {Refused} refused, {InVain} in vain, {Away} while away, {Left} left, {Errors} errors, {Cuts} cuts, {Kills} kills, {Pauses} pauses; ${LeftReserved} left reserved; {Took.TotalSeconds:0.0} s{(WhyInVain.Length > 0 ? "; " + WhyInVain : "")}");
}
