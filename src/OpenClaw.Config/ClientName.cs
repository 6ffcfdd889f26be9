namespace OpenClaw.Config;

/// <summary>What a client may be called: its name stands in addresses, sessions and metrics.</summary>
public static class ClientName
{
    public const string Rule = "A client has a name of at most 64 letters, digits, dots, dashes and underscores that begins with a letter or a digit";

    public static bool IsOne(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length is > 0 and <= 64 && char.IsAsciiLetterOrDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
    }
}
