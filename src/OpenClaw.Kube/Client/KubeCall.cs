namespace OpenClaw.Kube.Client;

/// <summary>
/// One attempt of a call, as the API server's authorization and its audit name it. No object's name and no namespace: it may become
/// the label of a metric. Immutable.
/// </summary>
/// <param name="Verb">get, list, watch, create, update, patch, delete; for a path that is no resource get or post.</param>
/// <param name="Group">Empty for the core group and for a path that is no resource.</param>
/// <param name="Resource">For example <c>statefulsets</c> or <c>openclawinstances/status</c>; empty for a path that is no resource.</param>
/// <param name="Status">The answer's; 0 when there was none.</param>
public readonly record struct KubeCall(string Verb, string Group, string Resource, int Status)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    public bool IsWrite => Verb is "create" or "update" or "patch" or "delete";

    /// <summary>Reads a path as the API server does (k8s.io/apiserver, requestinfo.go).</summary>
    internal static KubeCall Of(HttpMethod method, string path, bool isWatch, int status)
    {
        Span<Range> ranges = stackalloc Range[9];
        var rest = path.AsSpan().Trim('/');
        var parts = ranges[..rest.Split(ranges, '/')];
        var isCore = parts.Length > 2 && rest[parts[0]] is "api";
        var isGroup = parts.Length > 3 && rest[parts[0]] is "apis";
        if (!isCore && !isGroup) return new KubeCall(method == HttpMethod.Get ? "get" : "post", "", "", status);
        var group = isGroup ? rest[parts[1]].ToString() : "";
        var at = isGroup ? 3 : 2;
        // namespaces/NAME/PLURAL is a namespace's content; namespaces and namespaces/NAME are namespaces themselves.
        if (rest[parts[at]] is "namespaces" && parts.Length > at + 2) at += 2;
        var hasName = parts.Length > at + 1;
        var resource = rest[parts[at]].ToString();
        if (parts.Length > at + 2) resource = $"{resource}/{rest[parts[at + 2]]}";
        return new KubeCall(VerbOf(method, hasName, isWatch), group, resource, status);
    }

    private static string VerbOf(HttpMethod method, bool hasName, bool isWatch) => method.Method switch
    {
        "GET" when isWatch => "watch",
        "GET" => hasName ? "get" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => hasName ? "delete" : "deletecollection",
        var other => other.ToLowerInvariant(),
    };
}
