namespace OpenClaw.Operator.Packaging;

/// <summary>Names that several files of <c>deploy/</c> share.</summary>
internal static class PackageNames
{
    public const string Namespace = "openclaw-operator-system";
    public const string Operator = "openclaw-operator";
    public const string Lease = "openclaw-operator.openclaw.rocks";

    /// <summary>Health and metrics; neither has anything to hide, so one port is enough.</summary>
    public const int HttpPort = 8081;

    /// <summary>The Pod's time to end; the process takes less.</summary>
    public const int GraceSeconds = 15;
}
