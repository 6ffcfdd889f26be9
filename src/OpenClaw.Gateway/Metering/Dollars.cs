using System.Globalization;

namespace OpenClaw.Gateway.Metering;

/// <summary>Dollars for people, everywhere the same.</summary>
internal static class Dollars
{
    /// <summary><c>$12.34</c>, <c>$0.0006</c>, <c>$1,250.00</c>: cents, two more digits where they are not zero, and below a cent as many as it takes.</summary>
    public static string Text(decimal usd) => Math.Abs(usd) switch
    {
        >= 100 => usd.ToString("$#,0.00", CultureInfo.InvariantCulture),
        0 or >= 0.01m => usd.ToString("$0.00##", CultureInfo.InvariantCulture),
        _ => usd.ToString("$0.00######", CultureInfo.InvariantCulture),
    };

    /// <summary>The same from JSON.</summary>
    public static string OfJson(double? usd) => Text((decimal)(usd ?? 0));
}
