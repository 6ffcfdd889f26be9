namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// Dollars as a database sums them exactly: whole billionths in one integer column, and what is below them, in 10⁻¹⁸ dollars, in
/// another. Neither overflows below nine thousand million dollars and nine thousand million rows. Finer than 10⁻¹⁸ is rounded.
/// </summary>
internal readonly record struct Money(long Nano, long Rest)
{
    private const decimal NanosInDollar = 1_000_000_000m;
    private const decimal Most = 9_000_000_000m;

    public static Money Of(decimal usd)
    {
        var nanos = Math.Clamp(usd, -Most, Most) * NanosInDollar;
        var whole = decimal.Floor(nanos);
        return new Money((long)whole, (long)decimal.Round((nanos - whole) * NanosInDollar));
    }

    public decimal Usd => Of(Nano, Rest);

    public static decimal Of(decimal nano, decimal rest) => (nano / NanosInDollar) + (rest / NanosInDollar / NanosInDollar);
}
