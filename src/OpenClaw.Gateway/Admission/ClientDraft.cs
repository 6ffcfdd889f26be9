using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using OpenClaw.Config;

namespace OpenClaw.Gateway.Admission;

/// <summary>What a client is to have, before it has a token. Read as the configuration reads <c>clients[]</c>, with the same words for what is wrong.</summary>
internal sealed record ClientDraft(string Name, ImmutableArray<AllowRule> Allow, ImmutableArray<BudgetConfig> Budgets, ImmutableArray<LimitConfig> Limits, DateTimeOffset? Expires)
{
    private static readonly string[] s_rules = ["budgets", "limits", "expires"];
    private static readonly string[] s_known = ["name", "allow", "budgets", "limits", "expires"];

    public StoredClient Make(ImmutableArray<StoredToken> tokens, DateTimeOffset now) => new()
    {
        Name = Name, Tokens = tokens, Allow = Allow, Budgets = Budgets, Limits = Limits, Expires = Expires, Created = now, Changed = now,
    };

    /// <param name="config">What is allowed and which providers there are; null: not asked, it was when the client was made.</param>
    public static (ClientDraft? Draft, string? Problem) ReadRules(JsonElement json, OpenClawConfig? config)
    {
        if (json.ValueKind != JsonValueKind.Object) return (null, "a client is a JSON object: {\"name\": \"ci\"}");
        foreach (var member in json.EnumerateObject())
        {
            if (config is not null && !s_known.Contains(member.Name)) return (null, $"\"{Short(member.Name)}\" is not known here; a client has name, allow, budgets, limits and expires");
        }
        if (!json.TryGetProperty("name", out var named) || named.ValueKind != JsonValueKind.String || !ClientName.IsOne(named.GetString()!))
        {
            return (null, "a client has a name of at most 64 letters, digits, dots, dashes and underscores that begins with a letter or a digit");
        }
        var name = named.GetString()!;
        if (name == "owner") return (null, "\"owner\" is the name of the gateway's own token");
        var (allow, problem) = ReadAllow(json, config);
        if (problem is not null) return (null, problem);
        var result = ConfigReader.Read(AsConfiguration(name, json), ConfigEnvironment.Empty);
        if (result.Config?.Clients is not [var client])
        {
            var first = result.Problems.FirstOrDefault(static p => p.Severity == ProblemSeverity.Error);
            return (null, first is null ? "it cannot be read" : $"{first.Pointer.Replace("/clients/0", "", StringComparison.Ordinal)}: {first.Message}. {first.Instead}");
        }
        // A key that is not known would be a rule that is another than was meant: an hour's budget that holds for ever.
        if (config is not null && result.Problems.FirstOrDefault(static p => p.Pointer.StartsWith("/clients/0/budgets", StringComparison.Ordinal) || p.Pointer.StartsWith("/clients/0/limits", StringComparison.Ordinal)) is { } slip)
        {
            return (null, $"{slip.Pointer.Replace("/clients/0", "", StringComparison.Ordinal)}: {slip.Message}. {slip.Instead}");
        }
        return (new ClientDraft(name, allow, client.Budgets, client.Limits, client.Expires), null);
    }

    private static (ImmutableArray<AllowRule>, string?) ReadAllow(JsonElement json, OpenClawConfig? config)
    {
        if (!json.TryGetProperty("allow", out var list) || list.ValueKind == JsonValueKind.Null) return ([], null);
        if (list.ValueKind != JsonValueKind.Array) return ([], "allow is a list of references: [\"openai/*\"]");
        var rules = ImmutableArray.CreateBuilder<AllowRule>();
        foreach (var item in list.EnumerateArray())
        {
            var text = item.ValueKind == JsonValueKind.String ? item.GetString()! : "";
            var star = text.IndexOf('*', StringComparison.Ordinal);
            if (text.Length > 512 || !ModelRef.TryParse(text, out var reference) || (star >= 0 && (star != text.Length - 1 || reference.Provider.Contains('*', StringComparison.Ordinal))))
            {
                return ([], $"\"{Short(text)}\" is no reference; write \"provider/model\", \"provider/*\" or \"provider/prefix*\"");
            }
            if (config is not null && config.FindProvider(reference.Provider) is null) return ([], $"there is no provider \"{Short(reference.Provider)}\"; there are {string.Join(", ", config.Providers.Select(static p => p.Id))}");
            if (config is not null && star < 0 && !config.Models.IsAllowed(reference)) return ([], $"\"{Short(text)}\" is not in the gateway's own allowlist");
            rules.Add(new AllowRule(reference.Provider, reference.Model));
        }
        return (rules.ToImmutable(), null);
    }

    // A token that nobody has: the reader wants one.
    private static ReadOnlySpan<byte> AsConfiguration(string name, JsonElement client)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("clients"u8);
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            json.WriteString("tokenHash"u8, new string('0', 64));
            foreach (var rule in s_rules)
            {
                if (!client.TryGetProperty(rule, out var value) || value.ValueKind == JsonValueKind.Null) continue;
                json.WritePropertyName(rule);
                value.WriteTo(json);
            }
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan;
    }

    private static string Short(string text) => text.Length > 64 ? text[..64] + "…" : text;
}
