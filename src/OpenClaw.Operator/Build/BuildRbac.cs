using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>Who the pod is. It gets rights, and a token to use them, only where the instance asks for some.</summary>
internal static class BuildRbac
{
    private const string Group = "rbac.authorization.k8s.io";

    public static IEnumerable<JsonObject> Of(InstancePlan plan)
    {
        if (!plan.Spec.Flag("security.rbac.createServiceAccount")) yield break;
        var account = Draw.Object(plan, "v1", "ServiceAccount", plan.ServiceAccount, plan.Spec.TextMap("security.rbac.serviceAccountAnnotations"));
        account["automountServiceAccountToken"] = plan.MountsToken;
        yield return account;
        var rules = plan.Spec.Objects("security.rbac.additionalRules");
        if (rules.Count == 0) yield break;
        var role = Draw.Object(plan, Group + "/v1", "Role", plan.Name);
        role["rules"] = Draw.List(rules);
        yield return role;
        var binding = Draw.Object(plan, Group + "/v1", "RoleBinding", plan.Name);
        binding["roleRef"] = new JsonObject { ["apiGroup"] = Group, ["kind"] = "Role", ["name"] = plan.Name };
        binding["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = plan.ServiceAccount, ["namespace"] = plan.Namespace });
        yield return binding;
    }
}
