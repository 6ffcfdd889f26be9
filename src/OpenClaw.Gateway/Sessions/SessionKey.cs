using OpenClaw.Config;
using OpenClaw.Gateway.Inbound;

namespace OpenClaw.Gateway.Sessions;

/// <summary>
/// Whose session it is and what they call it. A caller names only its own: the same name from two callers is two sessions.
/// </summary>
/// <param name="Caller">The caller's name (<c>owner</c>, or a client's).</param>
internal readonly record struct SessionKey(string Caller, string Name)
{
    public bool IsOwners => Caller == Inbound.Caller.Owner.Name;

    /// <summary>Reads what <see cref="ToString"/> writes. A name whose part before the colon is no caller's is the owner's, colon and all.</summary>
    public static SessionKey Parse(string text, OpenClawConfig config)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0) return new SessionKey(Inbound.Caller.Owner.Name, text);
        var caller = Uri.UnescapeDataString(text[..colon]);
        return caller == Inbound.Caller.Owner.Name || config.Clients.Any(c => c.Name == caller)
            ? new SessionKey(caller, text[(colon + 1)..])
            : new SessionKey(Inbound.Caller.Owner.Name, text);
    }

    /// <summary>The key that <see cref="ToString"/> writes so, whoever the callers are by now; null when none is written so.</summary>
    public static SessionKey? Written(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0) return null;
        var key = new SessionKey(Uri.UnescapeDataString(text[..colon]), text[(colon + 1)..]);
        return key.ToString() == text ? key : null;
    }

    /// <summary>One text a session, and one session a text: <c>main</c> (the owner's), <c>ci:main</c> (the client's), <c>owner:a:b</c> (a name with a colon).</summary>
    public override string ToString() => IsOwners && !Name.Contains(':', StringComparison.Ordinal) ? Name : Uri.EscapeDataString(Caller) + ":" + Name;
}
