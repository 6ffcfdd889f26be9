using System.Text.Json;

namespace OpenClaw.Kube.Client;

/// <summary>Makes a problem of what a server answered: a <c>Status</c> object, or anything else.</summary>
internal static class StatusReader
{
    private const int MaxMessage = 1000;

    public static KubeProblem Read(KubeRequest request, int code, ReadOnlyMemory<byte> body, TimeSpan? retryAfter)
    {
        var isStatus = KubeJson.TryParse(body, out var json) && json.Text("kind") == "Status";
        return Read(request, code, isStatus ? json : default, retryAfter);
    }

    /// <summary>The <c>Status</c> in an ERROR event of a watch.</summary>
    public static KubeProblem ReadEvent(KubeRequest request, JsonElement status) => Read(request, status.Int("code", 500), status, null);

    private static KubeProblem Read(KubeRequest request, int code, JsonElement status, TimeSpan? retryAfter)
    {
        var details = status.Field("details");
        var reason = status.Text("reason");
        var kind = IsUntyped(code, status) ? KubeProblemKind.Invalid : KindOf(code, reason, details);
        var seconds = details.Number("retryAfterSeconds");
        var message = status.TextOrNull("message") ?? DefaultMessage(kind, code);
        // A Secret's values can be quoted by what the server says is wrong with them.
        var hide = request.IsSensitive && kind is KubeProblemKind.Invalid or KubeProblemKind.Rejected;
        return new KubeProblem(kind, Short(hide ? $"the server refused the content ({(reason.Length == 0 ? code.ToString(System.Globalization.CultureInfo.InvariantCulture) : reason)})" : message))
        {
            Status = code,
            Reason = reason,
            Request = request.Text,
            RetryAfter = retryAfter ?? (seconds is > 0 and < 86400 ? TimeSpan.FromSeconds(seconds.Value) : null),
            Continue = status.Field("metadata").TextOrNull("continue") is { Length: > 0 } token ? token : null,
            Causes = details.Items("causes", c => new KubeCause(c.Text("field"), c.Text("reason"), hide ? "" : Short(c.Text("message")))),
        };
    }

    // An applied field of the wrong type, or one that no schema has, is a 500 without a reason (seen with 1.20 and with current
    // servers): to try it again is of no use.
    private static bool IsUntyped(int code, JsonElement status) =>
        code == 500 && status.Text("message").StartsWith("failed to create typed patch object", StringComparison.Ordinal);

    private static KubeProblemKind KindOf(int code, string reason, JsonElement details) => (code, reason) switch
    {
        (_, "AlreadyExists") => KubeProblemKind.AlreadyExists,
        (_, "Expired" or "Gone") or (410, _) => KubeProblemKind.Gone,
        // What is missing is named, unless it is the kind itself.
        (404, _) => details.Text("name").Length > 0 ? KubeProblemKind.NotFound : KubeProblemKind.KindNotServed,
        (409, _) => KubeProblemKind.Conflict,
        (401, _) => KubeProblemKind.Unauthorized,
        (403, _) => KubeProblemKind.Forbidden,
        (413, _) => KubeProblemKind.TooLarge,
        (422, _) => KubeProblemKind.Invalid,
        (429, _) => KubeProblemKind.TooManyRequests,
        (>= 500, _) => KubeProblemKind.Unavailable,
        (>= 400, _) => KubeProblemKind.Rejected,
        _ => KubeProblemKind.Malformed,
    };

    private static string DefaultMessage(KubeProblemKind kind, int code) => kind switch
    {
        KubeProblemKind.KindNotServed => "the server does not serve this kind",
        KubeProblemKind.Malformed => $"the server answered {code}, which is not the API's",
        _ => $"the server answered {code} without saying why",
    };

    private static string Short(string text) => text.Length <= MaxMessage ? text : text[..MaxMessage] + "…";
}
