using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>
/// <c>spec.webTerminal</c>: a shell in the browser on the gateway's data (ttyd). With a credential it is a port of the Service;
/// without one it listens on the pod's loopback, where <c>kubectl port-forward</c> reaches it and nobody else.
/// </summary>
internal static class BuildTerminal
{
    public const int Port = 7681;

    private const string Credential = "webTerminal.credential.secretRef.name";

    public static string? CredentialSecret(InstancePlan plan) => plan.HasTerminal ? plan.Spec.Text(Credential) : null;

    public static JsonObject? Of(InstancePlan plan)
    {
        if (!plan.HasTerminal) return null;
        var isReadOnly = plan.Spec.Flag("webTerminal.readOnly");
        // At its own level of the log ttyd would print the credential.
        var command = new JsonArray("ttyd", "--debug", "3", "--check-origin", "--port", $"{Port}", "--cwd", InstancePlan.State);
        var container = new JsonObject { ["name"] = "web-terminal", ["image"] = Images.Beside(plan, "webTerminal.image"), ["imagePullPolicy"] = "IfNotPresent" };
        if (CredentialSecret(plan) is { } secret)
        {
            container["env"] = new JsonArray(Draw.Variable("HOME", "/tmp"), Draw.SecretVariable("TTYD_USERNAME", secret, "username"), Draw.SecretVariable("TTYD_PASSWORD", secret, "password"));
            command.Put("--credential");
            command.Put("$(TTYD_USERNAME):$(TTYD_PASSWORD)");
            container["ports"] = new JsonArray(new JsonObject { ["name"] = "web-terminal", ["containerPort"] = Port, ["protocol"] = "TCP" });
        }
        else
        {
            container["env"] = new JsonArray(Draw.Variable("HOME", "/tmp"));
            command.Put("--interface");
            command.Put("lo");
        }
        // It only shows unless it is told otherwise.
        if (!isReadOnly) command.Put("--writable");
        command.Put("sh");
        container["command"] = command;
        container["resources"] = BuildGateway.Resources(plan.Spec, "webTerminal.resources");
        container["securityContext"] = Draw.Restricted();
        container["volumeMounts"] = new JsonArray(Draw.Mount("data", InstancePlan.State, isReadOnly), Draw.Mount("tmp", "/tmp", subPath: "web-terminal"));
        return container;
    }
}
