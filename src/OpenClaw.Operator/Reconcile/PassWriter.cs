using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// Brings what is drawn into the cluster, in its order, and takes away what is not drawn any more. What the pod leans on must be
/// in place before the pod changes.
/// </summary>
internal sealed class PassWriter(Applier applier, ClaimApplier claims, SetApplier sets, TokenMaker tokens, Pruner pruner, RolloutGate gate, Contests contests, StatusTeller teller)
{
    /// <returns>The drawing that was brought in: another than the one given once a token was made for it.</returns>
    public async Task<InstanceDrawing> WriteAsync(InstanceSeen seen, Gathered gathered, InstanceDrawing drawing, PassReport report, CancellationToken cancel)
    {
        // With a refusal, or without a file, what runs stays as it is.
        if (drawing.Objects.IsEmpty) return drawing;
        var facts = gathered.Facts;
        foreach (var secret in drawing.Objects.Where(IsSecret))
        {
            var name = (string)secret["metadata"]!["name"]!;
            var isToken = name != BuildBasicAuth.Name(seen.Key.Name);
            var made = await tokens.MakeAsync(seen, secret, facts.Secret(name).State, cancel).ConfigureAwait(false);
            report.Add(made, "Secret " + name, isNeeded: isToken);
            // The gateway does not wait for the Ingress' password.
            if (made.Outcome != ApplyOutcome.Applied && isToken) return drawing;
            if (made.Outcome != ApplyOutcome.Applied) continue;
            if (isToken) teller.Happened(seen, "GatewayTokenCreated", $"the gateway token is in the Secret {name}, key token");
            else teller.Happened(seen, "PasswordCreated", $"the Ingress' password is in the Secret {name}, keys username and password");
            facts = TokenMaker.With(facts, secret);
        }
        // The pod's hash covers the token: it is drawn with it, so that it does not restart for it.
        if (facts != gathered.Facts) drawing = InstanceDrawing.Of(facts);
        var needed = true;
        foreach (var drawn in drawing.Objects.Where(static o => !IsSecret(o)))
        {
            var isSet = (string?)drawn["kind"] == "StatefulSet";
            var what = $"{(string?)drawn["kind"]} {(string?)drawn["metadata"]!["name"]}";
            if (isSet) needed = false;
            if (isSet && report.IsBlocked) continue;
            var done = await ApplyAsync(seen, gathered, drawn, report.Findings, cancel).ConfigureAwait(false);
            if (isSet) Note(seen, done, report);
            if (!isSet || done.Outcome != ApplyOutcome.Waits || !done.IsByGate) report.Add(done, what, needed || isSet);
            if (report.IsOver || report.IsEnding) return drawing;
        }
        foreach (var failure in await pruner.PruneAsync(seen, drawing.Objects, cancel).ConfigureAwait(false)) report.Add(failure, "", isNeeded: false);
        return drawing;
    }

    private static bool IsSecret(JsonObject drawn) => (string?)drawn["kind"] == "Secret";

    public void Forget(ObjectKey instance)
    {
        gate.Forget(instance);
        contests.Forget(instance);
    }

    private Task<Applied> ApplyAsync(InstanceSeen seen, Gathered gathered, JsonObject drawn, List<Finding> findings, CancellationToken cancel) => (string?)drawn["kind"] switch
    {
        "PersistentVolumeClaim" => claims.ApplyAsync(seen, drawn, findings, cancel),
        "StatefulSet" => sets.ApplyAsync(seen, drawn, gathered.Inputs, cancel),
        _ => applier.ApplyAsync(seen, drawn, cancel),
    };

    private static void Note(InstanceSeen seen, Applied done, PassReport report)
    {
        report.SetWritten = done.Outcome == ApplyOutcome.Applied && done.Made?.Set is not { IsRolledOut: true };
        if (!done.IsByGate) return;
        report.Findings.Add(Finding.Warn("RolloutWaits", "StatefulSet " + seen.Key.Name, done.Why, ""));
        report.LookAgain(done.Again ?? TimeSpan.FromMinutes(1));
    }
}
