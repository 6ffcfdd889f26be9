using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Packaging;

/// <summary>
/// A ValidatingAdmissionPolicy (Kubernetes 1.30 and later) for what a schema cannot ask: whether the person who writes an
/// instance holds the rights that it hands to its pod. Without it whoever may write instances could borrow the operator's.
/// </summary>
internal static class AdmissionPolicy
{
    private const string Name = "openclaw-instances.openclaw.rocks";

    public static IEnumerable<JsonObject> All()
    {
        var policy = OperatorObjects.Object("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", Name);
        policy["spec"] = new JsonObject
        {
            ["failurePolicy"] = "Fail",
            ["matchConstraints"] = new JsonObject
            {
                ["resourceRules"] = new JsonArray(new JsonObject
                {
                    ["apiGroups"] = new JsonArray("openclaw.rocks"), ["apiVersions"] = new JsonArray("v1alpha1"),
                    ["operations"] = new JsonArray("CREATE", "UPDATE"), ["resources"] = new JsonArray("openclawinstances"),
                }),
            },
            ["validations"] = new JsonArray(
                Validation(
                    "!has(object.spec) || !has(object.spec.security) || !has(object.spec.security.rbac) || !has(object.spec.security.rbac.additionalRules) || size(object.spec.security.rbac.additionalRules) == 0"
                    + " || (oldObject != null && has(oldObject.spec) && has(oldObject.spec.security) && has(oldObject.spec.security.rbac) && has(oldObject.spec.security.rbac.additionalRules) && oldObject.spec.security.rbac.additionalRules == object.spec.security.rbac.additionalRules)"
                    + " || authorizer.group('rbac.authorization.k8s.io').resource('roles').namespace(request.namespace).check('escalate').allowed()",
                    "security.rbac.additionalRules hands out rights; only who may escalate roles in this namespace can write it"),
                Validation(
                    "!has(object.spec) || !has(object.spec.security) || !has(object.spec.security.rbac) || !has(object.spec.security.rbac.serviceAccountName)"
                    + " || (oldObject != null && has(oldObject.spec) && has(oldObject.spec.security) && has(oldObject.spec.security.rbac) && has(oldObject.spec.security.rbac.serviceAccountName) && oldObject.spec.security.rbac.serviceAccountName == object.spec.security.rbac.serviceAccountName)"
                    + " || authorizer.group('').resource('serviceaccounts').namespace(request.namespace).check('impersonate').allowed()"
                    + " || authorizer.group('').resource('pods').namespace(request.namespace).check('create').allowed()",
                    "security.rbac.serviceAccountName runs a pod as that account; only who may create pods in this namespace can write it")),
        };
        yield return policy;
        var binding = OperatorObjects.Object("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", Name);
        binding["spec"] = new JsonObject { ["policyName"] = Name, ["validationActions"] = new JsonArray("Deny") };
        yield return binding;
    }

    private static JsonObject Validation(string expression, string message) => new() { ["expression"] = expression, ["message"] = message };
}
