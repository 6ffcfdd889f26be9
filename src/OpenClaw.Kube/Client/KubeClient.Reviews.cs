using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace OpenClaw.Kube.Client;

/// <summary>What somebody wants to do.</summary>
/// <param name="Verb">For example <c>list</c>.</param>
/// <param name="Namespace">Null: in all namespaces, or of a cluster-wide kind.</param>
public sealed record AccessQuestion(string Verb, ResourceKind Kind, string? Namespace)
{
    public string? Name { get; init; }

    public string? Subresource { get; init; }

    internal JsonObject Attributes()
    {
        var json = new JsonObject { ["verb"] = Verb, ["group"] = Kind.Group, ["version"] = Kind.Version, ["resource"] = Kind.Plural };
        if (Namespace is not null) json["namespace"] = Namespace;
        if (Name is not null) json["name"] = Name;
        if (Subresource is not null) json["subresource"] = Subresource;
        return json;
    }
}

/// <summary>Who a bearer token belongs to.</summary>
public sealed record TokenOwner(string User, ImmutableArray<string> Groups);

public sealed partial class KubeClient
{
    /// <summary>Whether we may do it.</summary>
    public Task<KubeResult<bool>> MayIAsync(AccessQuestion question, CancellationToken cancel) =>
        ReviewAsync(Kinds.SelfSubjectAccessReview, new JsonObject { ["resourceAttributes"] = question.Attributes() }, cancel);

    /// <summary>Whether somebody else may do it.</summary>
    public Task<KubeResult<bool>> MayAsync(string user, IEnumerable<string> groups, AccessQuestion question, CancellationToken cancel) =>
        ReviewAsync(Kinds.SubjectAccessReview, new JsonObject
        {
            ["user"] = user,
            ["groups"] = new JsonArray([.. groups.Select(static g => (JsonNode?)JsonValue.Create(g))]),
            ["resourceAttributes"] = question.Attributes(),
        }, cancel);

    /// <summary>Whether somebody else may ask for a path that is no resource, for example <c>/metrics</c>.</summary>
    public Task<KubeResult<bool>> MayAsync(string user, IEnumerable<string> groups, string verb, string path, CancellationToken cancel) =>
        ReviewAsync(Kinds.SubjectAccessReview, new JsonObject
        {
            ["user"] = user,
            ["groups"] = new JsonArray([.. groups.Select(static g => (JsonNode?)JsonValue.Create(g))]),
            ["nonResourceAttributes"] = new JsonObject { ["verb"] = verb, ["path"] = path },
        }, cancel);

    /// <summary>Who a token belongs to; null when it is none.</summary>
    public async Task<KubeResult<TokenOwner?>> WhoIsAsync(string token, CancellationToken cancel)
    {
        var result = await AskAsync(Kinds.TokenReview, new JsonObject { ["token"] = token }, cancel).ConfigureAwait(false);
        return result.Select(static o => !o.Status.Flag("authenticated") ? null
            : new TokenOwner(o.Status.Field("user").Text("username"), o.Status.Field("user").Texts("groups")));
    }

    public async Task<KubeResult<ServerVersion>> VersionAsync(CancellationToken cancel)
    {
        var request = new KubeRequest(HttpMethod.Get, "/version");
        var result = await SendAsync(request, cancel).ConfigureAwait(false);
        if (!result.TryGet(out var response, out var problem)) return problem;
        if (!KubeJson.TryParse(response.Body, out var json)) return new KubeProblem(KubeProblemKind.Malformed, "the answer is not a version") { Request = request.Text };
        return KubeResult.Of(new ServerVersion(json.Text("gitVersion"), Digits(json.Text("major")), Digits(json.Text("minor"))));
    }

    private async Task<KubeResult<bool>> ReviewAsync(ResourceKind kind, JsonObject spec, CancellationToken cancel)
    {
        var result = await AskAsync(kind, spec, cancel).ConfigureAwait(false);
        return result.Select(static o => o.Status.Flag("allowed"));
    }

    // A review changes nothing: it may be repeated, and need not be a leader's.
    private Task<KubeResult<KubeObject>> AskAsync(ResourceKind kind, JsonObject spec, CancellationToken cancel) =>
        ReadObjectAsync(kind, Request(HttpMethod.Post, kind, kind.Path()) with
        {
            Body = KubeJson.WriteBytes(new JsonObject { ["apiVersion"] = kind.ApiVersion, ["kind"] = kind.Kind, ["spec"] = spec }),
        }, cancel);

    // Providers write "20+".
    private static int Digits(string text) =>
        int.TryParse(text.TrimEnd('+'), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
