namespace OpenClaw.Operator.Packaging;

/// <summary>Names that several files of <c>deploy/</c> share.</summary>
internal static class PackageNames
{
    public const string Namespace = "openclaw-operator-system";
    public const string Operator = "openclaw-operator";
    public const string Lease = "openclaw-operator.openclaw.rocks";
    public const int MetricsPort = 8443;
    public const int HealthPort = 8081;
}
