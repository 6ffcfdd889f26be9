namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Headers of this protocol that a gateway passes between a client and a provider.</summary>
internal static class AnthropicHeaders
{
    public const string Version = "anthropic-version";

    /// <summary>Sent when the client names no version.</summary>
    public const string DefaultVersion = "2023-06-01";

    public const string Beta = "anthropic-beta";

    /// <summary>Client headers that go on to a provider of this dialect; no other header of the client does.</summary>
    public static readonly string[] Forwarded = [Version, Beta];

    /// <summary>
    /// Whether a client's header goes to that provider. Beta flags only reach Anthropic itself: other servers of this
    /// protocol refuse flags they do not know (an incident of February 2026 in another gateway).
    /// </summary>
    public static bool MayForward(string name, string provider) =>
        name.Equals(Version, StringComparison.OrdinalIgnoreCase) ||
        (name.Equals(Beta, StringComparison.OrdinalIgnoreCase) && provider.Equals("anthropic", StringComparison.OrdinalIgnoreCase));
}
