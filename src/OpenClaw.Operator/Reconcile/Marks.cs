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

    /// <summary>
    /// On a StatefulSet: the template that the operator alone brought, for no change of the instance's. While that is the template
    /// that is there, and it is not up, the set counts among the few that may restart at once, for whichever process looks.
    /// </summary>
    public const string Rollout = "openclaw.rocks/rollout";

    /// <summary>Upstream's finalizer: nobody would take it away once upstream's operator is gone.</summary>
    public const string UpstreamFinalizer = "openclaw.rocks/finalizer";

    public const string ManagedByLabel = "app.kubernetes.io/managed-by";

    public const string InstanceLabel = "app.kubernetes.io/instance";
}
