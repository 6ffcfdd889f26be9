using System.Globalization;

namespace OpenClaw.Tests.Gateway.Fuzz;

/// <summary>How much: a million steps in all, the same each time. <c>OPENCLAW_FUZZ_ROUNDS=20</c> tries twenty times as many, other ones.</summary>
internal static class Dose
{
    private static readonly int s_rounds = int.TryParse(Environment.GetEnvironmentVariable("OPENCLAW_FUZZ_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : 1;

    public static int Of(int steps) => steps * s_rounds;

    public static int Seed(int seed) => seed + ((s_rounds - 1) * 1000);
}
