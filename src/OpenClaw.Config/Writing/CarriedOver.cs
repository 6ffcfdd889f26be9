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
            WriteOtherAgents(json, context, withModels: false);
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

    /// <param name="withModels">False: single agents without the models and allowlists of their own, which hold only in upstream.</param>
    public static void WriteOtherAgents(Utf8JsonWriter json, ReadContext context, bool withModels = true)
    {
        foreach (var member in context.Root["agents"]?.Members ?? [])
        {
            if (member.IsDuplicate || member.Name == "defaults") continue;
            if (withModels || member.Name is not ("entries" or "list")) WriteMember(json, member);
            else WriteAgents(json, member);
        }
    }

    private static void WriteAgents(Utf8JsonWriter json, ConfigMember agents)
    {
        json.WritePropertyName(agents.Name);
        switch (agents.Value)
        {
            case { Kind: NodeKind.Object } map:
                json.WriteStartObject();
                foreach (var member in map.Members.Where(static m => !m.IsDuplicate))
                {
                    json.WritePropertyName(member.Name);
                    WriteAgent(json, member.Value);
                }
                json.WriteEndObject();
                break;
            case { Kind: NodeKind.Array } list:
                json.WriteStartArray();
                foreach (var item in list.Items) WriteAgent(json, item);
                json.WriteEndArray();
                break;
            default:
                NodeJson.Write(json, agents.Value);
                break;
        }
    }

    private static void WriteAgent(Utf8JsonWriter json, ConfigNode agent)
    {
        if (agent.Kind != NodeKind.Object)
        {
            NodeJson.Write(json, agent);
            return;
        }
        json.WriteStartObject();
        foreach (var member in agent.Members)
        {
            if (!member.IsDuplicate && !AgentsSection.IsOwn(member)) WriteMember(json, member);
        }
        json.WriteEndObject();
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
