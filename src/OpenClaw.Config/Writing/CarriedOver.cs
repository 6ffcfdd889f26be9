using System.Text.Json;
using OpenClaw.Config.Keys;
using OpenClaw.Config.Reading;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Writing;

/// <summary>Upstream's settings that this gateway does not read, copied as they are where the target has a place for them.</summary>
internal static class CarriedOver
{
    private static readonly string[] OwnAgentKeys = ["model", "models", "modelPolicy"];

    /// <summary>The ignored roots, <c>env</c>, <c>meta</c>, and what else is under <c>agents</c>; what is ignored deeper down is a note.</summary>
    public static void Write(Utf8JsonWriter json, ReadContext context)
    {
        foreach (var member in Roots(context)) WriteMember(json, member);
        if (OtherAgents(context).Count > 0)
        {
            json.WriteStartObject("agents");
            WriteOtherAgents(json, context);
            if (OtherDefaults(context).Count > 0)
            {
                json.WriteStartObject("defaults");
                WriteOtherDefaults(json, context);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        Note(context, context.Skipped.Where(n => n.Parent != context.Root));
    }

    public static IEnumerable<ConfigMember> Roots(ReadContext context) =>
        context.Root.Members.Where(static m => !m.IsDuplicate && (m.Key is "env" or "meta" || KeyTable.Root.Find(m.Name) is { Use: not KeyUse.Read }));

    /// <summary>One warning that names what is left behind.</summary>
    public static void Note(ReadContext context, IEnumerable<ConfigNode> nodes)
    {
        var pointers = nodes.Select(static n => n.Pointer).ToList();
        if (pointers.Count == 0) return;
        context.Problems.Add(ProblemSeverity.Warning, 0, "", "left out, because this gateway does not use it: " + string.Join(", ", pointers.Take(12)) + (pointers.Count > 12 ? ", …" : ""), "Copy it by hand if upstream OpenClaw needs it.");
    }

    public static List<ConfigMember> OtherAgents(ReadContext context)
    {
        var other = context.Root["agents"]?.Members.Where(static m => !m.IsDuplicate && m.Name != "defaults").ToList() ?? [];
        return other.Count > 0 ? other : OtherDefaults(context);
    }

    public static List<ConfigMember> OtherDefaults(ReadContext context) =>
        context.Root.At("agents", "defaults")?.Members.Where(static m => !m.IsDuplicate && !OwnAgentKeys.Contains(m.Name)).ToList() ?? [];

    public static void WriteOtherAgents(Utf8JsonWriter json, ReadContext context)
    {
        foreach (var member in context.Root["agents"]?.Members ?? [])
        {
            if (!member.IsDuplicate && member.Name != "defaults") WriteMember(json, member);
        }
    }

    public static void WriteOtherDefaults(Utf8JsonWriter json, ReadContext context)
    {
        foreach (var member in OtherDefaults(context)) WriteMember(json, member);
    }

    public static void WriteMember(Utf8JsonWriter json, ConfigMember member)
    {
        json.WritePropertyName(member.Name);
        NodeJson.Write(json, member.Value);
    }
}
