using System.Text.Json;
using OpenClaw.Kube.Resources;

namespace OpenClaw.Kube;

/// <summary>
/// Any object as the server sent it. Immutable and safe to keep. Typed records read what they need from <see cref="Json"/>
/// (<c>Pod.Read(o.Json)</c>). Its text is kind and name only: a Secret is an object like any other.
/// </summary>
public sealed class KubeObject
{
    private ObjectMeta? _meta;

    public KubeObject(JsonElement json) => Json = json;

    public JsonElement Json { get; }

    public string ApiVersion => Json.Text("apiVersion");

    public string Kind => Json.Text("kind");

    public ObjectMeta Meta => _meta ??= ObjectMeta.Read(Json);

    public JsonElement Spec => Json.Field("spec");

    public JsonElement Status => Json.Field("status");

    public static KubeObject Read(JsonElement json) => new(json.Clone());

    public override string ToString() => $"{Kind} {Meta.Key}";
}
