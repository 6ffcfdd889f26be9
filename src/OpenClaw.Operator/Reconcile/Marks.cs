namespace OpenClaw.Operator.Reconcile;

/// <summary>What the operator writes on objects beside what is drawn, so that another process of it knows what was done.</summary>
internal static class Marks
{
    /// <summary>On every object: the hash of what was drawn when it was last applied.</summary>
    public const string Drawn = "openclaw.rocks/drawn";

    /// <summary>On a StatefulSet: the hash of the pod's template as it was drawn.</summary>
    public const string Template = "openclaw.rocks/template";

    /// <summary>On a StatefulSet: the hash of what was wanted. A template that changes while this stays has changed by the operator alone.</summary>
    public const string Inputs = "openclaw.rocks/inputs";

    /// <summary>Upstream's finalizer: nobody would take it away once upstream's operator is gone.</summary>
    public const string UpstreamFinalizer = "openclaw.rocks/finalizer";

    public const string ManagedByLabel = "app.kubernetes.io/managed-by";

    public const string InstanceLabel = "app.kubernetes.io/instance";
}
