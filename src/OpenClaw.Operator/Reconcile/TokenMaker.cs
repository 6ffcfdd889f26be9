using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// Makes a Secret with what nobody wrote (the gateway token, the Ingress' password), once. It is created and not applied: of two passes, and of two operators, one makes
/// it and the other finds it; what is there is never written over.
/// </summary>
internal sealed class TokenMaker(KubeClient client, InstanceCounters counters, Contests contests)
{
    public async Task<Applied> MakeAsync(InstanceSeen instance, JsonObject drawn, SourceState known, CancellationToken cancel)
    {
        var name = (string)drawn["metadata"]!["name"]!;
        if (known == SourceState.Found) return await FillAsync(instance, drawn, name, cancel).ConfigureAwait(false);
        // A new token restarts the pod.
        if (contests.HoldMaking(instance.Key, new Contested(Kinds.Secret, name)) is { } wait)
        {
            return new Applied(ApplyOutcome.Waits, $"the Secret {name} is deleted again and again, so it is made anew once a minute at most") { Again = wait, IsContested = true };
        }
        var result = await client.CreateAsync(Kinds.Secret, instance.Key.Namespace, drawn, cancel).ConfigureAwait(false);
        counters.Wrote(Kinds.Secret, "create", result.IsSuccess);
        if (result.Is(KubeProblemKind.AlreadyExists)) return new Applied(ApplyOutcome.Waits, $"the Secret {name} was made at the same time by somebody else") { Again = TimeSpan.FromSeconds(1) };
        return result.Problem is { } problem ? Applied.Failed(problem, $"the Secret {name} was not made") : new Applied(ApplyOutcome.Applied);
    }

    /// <summary>It is there and has no such key: it is put in, unless the Secret is another's or has changed meanwhile.</summary>
    private async Task<Applied> FillAsync(InstanceSeen instance, JsonObject drawn, string name, CancellationToken cancel)
    {
        var key = new ObjectKey(instance.Key.Namespace, name);
        var found = await client.GetMetaAsync(Kinds.Secret, key, cancel).ConfigureAwait(false);
        if (!found.TryGet(out var live, out var unread)) return Applied.Failed(unread, $"the Secret {name} cannot be read");
        var seen = ChildSeen.Read(Kinds.Secret, live.Json);
        if (Owned.By(seen, instance) != Ownership.Ours)
        {
            var wanted = drawn["data"]!.AsObject().First().Key;
            return new Applied(ApplyOutcome.NotOurs, $"there is a Secret {name} without a key {wanted}, and {Owned.Owner(seen)}", $"put a {wanted} into it, or delete it");
        }
        var patch = (JsonObject)drawn.DeepClone();
        patch["metadata"]!["resourceVersion"] = seen.ResourceVersion;
        var result = await client.ApplyAsync(Kinds.Secret, patch, FieldOwnership.Take, cancel).ConfigureAwait(false);
        counters.Wrote(Kinds.Secret, "apply", result.IsSuccess);
        return result.Problem is { } problem ? Applied.Failed(problem, $"the Secret {name} was not filled") : new Applied(ApplyOutcome.Applied);
    }

    /// <summary>What is known once the token is made.</summary>
    public static InstanceFacts With(InstanceFacts facts, JsonObject drawn)
    {
        var name = (string)drawn["metadata"]!["name"]!;
        var data = facts.Secret(name).Data;
        var made = SourceFacts.Of(new JsonObject { ["kind"] = "Secret", ["data"] = drawn["data"]!.DeepClone() }).Data;
        return facts with { Secrets = facts.Secrets.SetItem(name, new SourceFacts(SourceState.Found, data.SetItems(made))) };
    }
}
