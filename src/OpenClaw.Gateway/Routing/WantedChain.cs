using System.Collections.Immutable;
using OpenClaw.Config;

namespace OpenClaw.Gateway.Routing;

/// <summary>
/// What was asked for first, then the default chain's fallbacks, then its primary. Without those where what was asked for is a chain of its own.
/// </summary>
/// <param name="asked">Never empty.</param>
/// <param name="defaults">The default chain; empty = no fallbacks.</param>
internal readonly struct WantedChain(ImmutableArray<ModelRef> asked, ImmutableArray<ModelRef> defaults)
{
    /// <summary>Places; some may be empty.</summary>
    public int Length => asked.Length + defaults.Length;

    /// <summary>False: the reference of this place came before.</summary>
    public bool TryGet(int place, out ModelRef reference)
    {
        reference = At(place);
        if (place < asked.Length) return true;
        for (var i = 0; i < place; i++)
        {
            if (At(i) == reference) return false;
        }
        return true;
    }

    // Rotated by one: the primary comes last.
    private ModelRef At(int place) => place < asked.Length ? asked[place] : defaults[(place - asked.Length + 1) % defaults.Length];
}
