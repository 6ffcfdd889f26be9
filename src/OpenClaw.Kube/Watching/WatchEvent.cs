using System.Text.Json;

namespace OpenClaw.Kube.Watching;

/// <summary>What a watch says happened.</summary>
public enum WatchEventKind
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing happened up to this version.</summary>
    Bookmark,
}

/// <param name="Object">Valid until the next event is read: copy what is kept.</param>
public readonly record struct WatchEvent(WatchEventKind Kind, JsonElement Object)
{
    public string ResourceVersion => Object.Field("metadata").Text("resourceVersion");
}
