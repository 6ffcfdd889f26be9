using System.Diagnostics;

namespace OpenClaw.Gateway.State;

/// <summary>A secret's value, which cannot get into a text by accident.</summary>
[DebuggerDisplay("***")]
internal sealed class Secret(string value)
{
    /// <summary>The value. Only for those who write it into a request's headers or compare a caller's token.</summary>
    public string Reveal() => value;

    public bool IsSame(Secret? other) => other is not null && string.Equals(value, other.Reveal(), StringComparison.Ordinal);

    public override string ToString() => "***";
}
