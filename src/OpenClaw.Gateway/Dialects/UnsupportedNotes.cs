namespace OpenClaw.Gateway.Dialects;

/// <summary>The phrases for what a request writer could not carry.</summary>
internal static class UnsupportedNotes
{
    /// <summary>Adds a phrase once.</summary>
    public static void Note(this ICollection<string> unsupported, string what)
    {
        if (!unsupported.Contains(what)) unsupported.Add(what);
    }
}
