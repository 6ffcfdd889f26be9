using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>
/// <c>NAME-basic-auth</c>: a password that the Ingress asks for, in the form of its controller (<c>auth</c>) and for people
/// (<c>username</c>, <c>password</c>). Made once; one that is there is never changed. Drawn without a cluster it has no keys.
/// </summary>
internal static class BuildBasicAuth
{
    private const string Field = "networking.ingress.security.basicAuth";

    public static string Name(string instance) => instance + "-basic-auth";

    /// <summary>The Secret that the Ingress names: the user's own, the generated one, or none.</summary>
    public static string? Secret(InstancePlan plan) => plan.Spec.Flag("networking.ingress.enabled") && plan.Spec.Flag(Field + ".enabled")
        ? plan.Spec.Text(Field + ".existingSecret") ?? Name(plan.Name) : null;

    /// <summary>True when it is the operator that makes the Secret: only for a controller that can be told of it.</summary>
    public static bool IsGenerated(SpecView spec) =>
        spec.Flag("networking.ingress.enabled") && spec.Flag(Field + ".enabled") && !spec.Has(Field + ".existingSecret") && BuildRoutes.IsNginx(spec);

    public static JsonObject? Of(InstancePlan plan)
    {
        if (!IsGenerated(plan.Spec) || plan.Facts.Secret(Name(plan.Name)).Data.ContainsKey("auth")) return null;
        var secret = Draw.Object(plan, "v1", "Secret", Name(plan.Name));
        secret["type"] = "Opaque";
        if (plan.Facts.NewToken is not { } token) return secret;
        var user = plan.Spec.Text(Field + ".username")!;
        // Nobody finds the token from the password; both are made in one pass.
        var password = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("basic-auth " + token)))[..40];
        secret["data"] = new JsonObject { ["auth"] = Base64($"{user}:{Hash(password)}"), ["username"] = Base64(user), ["password"] = Base64(password) };
        return secret;
    }

    /// <summary>htpasswd's form that every controller reads. A fast hash is enough for 160 bits that no person chose.</summary>
    private static string Hash(string password)
    {
#pragma warning disable CA5350 // The form is given; what is hashed cannot be guessed.
        return "{SHA}" + Convert.ToBase64String(SHA1.HashData(Encoding.UTF8.GetBytes(password)));
#pragma warning restore CA5350
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
