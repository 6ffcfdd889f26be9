using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Reconcile;

/// <summary>Whose an object is.</summary>
internal enum Ownership
{
    /// <summary>It names this instance as its owner, or nobody and carries both of the operator's labels.</summary>
    Ours,

    /// <summary>It belongs to an instance of this name that was deleted; the cluster takes it away.</summary>
    Former,

    /// <summary>Anybody else's. It is never touched.</summary>
    Foreign,
}

/// <summary>Judges that. Pure.</summary>
internal static class Owned
{
    public static Ownership By(ChildSeen seen, InstanceSeen instance)
    {
        if (seen.Owners.FirstOrDefault(static o => o.IsController) is { } controller && controller.Uid != instance.Uid)
        {
            var isFormer = controller.Kind == WatchedKinds.Instance.Kind && controller.Name == instance.Key.Name && controller.ApiVersion.StartsWith(ApiKinds.Group + "/", StringComparison.Ordinal);
            return isFormer ? Ownership.Former : Ownership.Foreign;
        }
        if (seen.Owners.Any(o => o.Uid == instance.Uid)) return Ownership.Ours;
        // What outlived an instance, or was handed over by its labels.
        return seen.Owners.IsEmpty && seen.IsLabelled && seen.Instance == instance.Key.Name ? Ownership.Ours : Ownership.Foreign;
    }

    /// <summary>Who has it, for a sentence.</summary>
    public static string Owner(ChildSeen seen) => seen.Owners switch
    {
        [var first, ..] => $"it belongs to the {first.Kind} {first.Name}",
        _ => "nothing says that it is this instance's",
    };

    /// <summary>What to do about one that is another's.</summary>
    public static string Advice(ChildSeen seen, InstanceSeen instance) => seen.Kind.Kind switch
    {
        _ when !seen.Owners.IsEmpty => "rename the instance, or the other object",
        "ServiceAccount" => "write security.rbac.createServiceAccount: false to use it as it is, or another serviceAccountName",
        "PersistentVolumeClaim" => $"name it in storage.persistence.existingClaim, or hand it over: {HandOver(seen, instance)}",
        _ => $"rename the instance or the other object, or hand it over: {HandOver(seen, instance)}",
    };

    private static string HandOver(ChildSeen seen, InstanceSeen instance) =>
        $"kubectl label {seen.Kind.Plural} {seen.Key.Name} {Marks.ManagedByLabel}={Draw.ManagedBy} {Marks.InstanceLabel}={instance.Key.Name}";
}
