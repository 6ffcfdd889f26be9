using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads <c>clients</c>: callers with a token of their own.</summary>
internal sealed class ClientsSection(ReadContext context, References references, ModelsConfig models, MoneySection money)
{
    private static readonly string[] TokenKeys = ["token", "tokenFile", "tokenEnv", "tokenHash"];

    // The holder of the gateway's own token goes by this name, in sessions and in reports.
    private const string Owner = "owner";
    private readonly Dictionary<string, string> _holders = new(StringComparer.Ordinal);

    /// <param name="own">The gateway's own token.</param>
    public ImmutableArray<ClientConfig> Read(SecretConfig? own)
    {
        if (own is not null && Mark(own) is { } mark) _holders.Add(mark, Owner);
        var clients = ImmutableArray.CreateBuilder<ClientConfig>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in ReadContext.Items(context.Root["clients"]))
        {
            var name = context.Text(node["name"]);
            if (name is null)
            {
                if (node.Members.All(static m => m.Key != "name" || m.Value.IsUnset || m.Value.Kind is NodeKind.Null or NodeKind.String)) context.Problems.Error(node, "the client has no name", "Add \"name\": \"ci\".");
                continue;
            }
            if (name == Owner) context.Problems.Error(node["name"], "\"owner\" is the name of the gateway's own token", "Give the client another name.");
            else if (!ClientName.IsOne(name) && !(context.KeepsVariables && node["name"]!.HasVariables)) context.Problems.Warn(node["name"], $"{Shown.Value(node["name"]!)} is no name that the API and openclaw clients take", ClientName.Rule + "; what was used and spent stays under the name that it was counted under.");
            if (!names.Add(name)) context.Problems.Error(node["name"], $"there are two clients named \"{Shown.Text(name)}\"", "Give one of them another name.");
            var (token, hash) = ReadToken(node);
            RefuseTwins(node, name, hash ?? Mark(token));
            clients.Add(new ClientConfig
            {
                Name = name,
                Token = token,
                TokenHash = hash,
                Allow = ReadAllow(node["allow"]),
                Budgets = money.ReadBudgets(node["budgets"], "client:" + name),
                Limits = money.ReadLimits(node["limits"], "client:" + name),
                Expires = ReadExpiry(node["expires"]),
            });
        }
        return clients.ToImmutable();
    }

    /// <summary>One token lets one client in: the other's allowlist and budgets would hold for nobody.</summary>
    private void RefuseTwins(ConfigNode node, string name, string? mark)
    {
        if (mark is null || _holders.TryAdd(mark, name)) return;
        if (_holders[mark] == Owner) context.Problems.Error(node, $"the client \"{Shown.Text(name)}\" has the gateway's own token", "Give it a token of its own: openssl rand -hex 32 makes one.");
        else context.Problems.Error(node, $"the clients \"{Shown.Text(_holders[mark])}\" and \"{Shown.Text(name)}\" have the same token", "Give each a token of its own: openssl rand -hex 32 makes one.");
    }

    /// <summary>The same for the same token, however it is written; null when there is none.</summary>
    private static string? Mark(SecretConfig token) => token switch
    {
        { Value.Length: 0 } => null,
        { Source: SecretSource.Literal } => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token.Value))),
        _ => $"{token.Source} {token.Value} {token.Pointer}",
    };

    private (SecretConfig Token, string? Hash) ReadToken(ConfigNode node)
    {
        var written = node.Members.Where(static m => TokenKeys.Contains(m.Key) && m.Value.Kind != NodeKind.Null).ToList();
        if (written.Count != 1)
        {
            context.Problems.Error(node, written.Count == 0 ? "the client has no token" : "the client has more than one token", "Write one of token, tokenFile, tokenEnv and tokenHash.");
            return (SecretConfig.None, null);
        }
        var value = node[written[0].Key];
        switch (written[0].Key)
        {
            case "tokenFile":
                return (context.Text(value) is { } path ? SecretReading.Noted(context, new SecretConfig { Source = SecretSource.File, Value = path }, value)! : SecretConfig.None, null);
            case "tokenEnv":
                return (ReadVariableName(value), null);
            case "tokenHash":
                return (SecretConfig.None, ReadHash(value));
            default:
                return (SecretReading.Read(context, value) ?? Unresolved(written[0].Value), null);
        }
    }

    /// <summary>A token whose variable is missing stays a reference that never resolves: the client is refused, not let in.</summary>
    private static SecretConfig Unresolved(ConfigNode node) =>
        Variables.WholeName(node.Written) is { } name ? new SecretConfig { Source = SecretSource.Env, Value = name } : SecretConfig.None;

    private SecretConfig ReadVariableName(ConfigNode? node)
    {
        if (context.Text(node) is not { } name) return SecretConfig.None;
        if (Variables.WholeName("$" + name) is not null) return new SecretConfig { Source = SecretSource.Env, Value = name };
        context.Problems.Error(node, "tokenEnv is not the name of a variable", "Write its name without $ and braces, such as \"CI_TOKEN\".");
        return SecretConfig.None;
    }

    private DateTimeOffset? ReadExpiry(ConfigNode? node)
    {
        if (context.Text(node) is not { } text || (context.KeepsVariables && node!.HasVariables)) return null;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)) return time;
        context.Problems.Error(node, $"{Shown.Value(node!)} is not a time", "Write a day or a time, such as \"2027-01-31\" or \"2027-01-31T18:00:00Z\".");
        return null;
    }

    private string? ReadHash(ConfigNode? node)
    {
        if (context.Text(node) is not { } text) return null;
        if (context.KeepsVariables && node!.HasVariables) return text;
        var hex = (text.StartsWith("sha256:", StringComparison.OrdinalIgnoreCase) ? text[7..] : text).ToLowerInvariant();
        if (hex.Length == 64 && hex.All(char.IsAsciiHexDigit)) return hex;
        context.Problems.Error(node, "tokenHash is not a SHA-256 in hexadecimal", "Write \"sha256:\" and 64 hexadecimal digits: printf %s \"$TOKEN\" | sha256sum");
        return null;
    }

    private ImmutableArray<AllowRule> ReadAllow(ConfigNode? node)
    {
        if (node is { IsArray: true, Items.Count: 0 })
        {
            context.Problems.Error(node, "an empty allow list allows nothing", "List what this client may ask for, or remove the key to let the gateway's allowlist hold.");
        }
        var check = new AllowlistCheck(context, models);
        var rules = ImmutableArray.CreateBuilder<AllowRule>();
        foreach (var item in ReadContext.Items(node))
        {
            foreach (var rule in references.Rules(item))
            {
                rules.Add(rule);
                if (!rule.IsWildcard) check.Expect(item, new ModelRef(rule.Provider, rule.Pattern), "is allowed to this client");
            }
        }
        if (node is { IsArray: true, Items.Count: > 0 } && rules.Count == 0 && !context.Problems.HasErrors)
        {
            context.Problems.Error(node, "nothing is left of this client's allow list", "Set the missing variables, or write the references.");
        }
        return rules.ToImmutable();
    }
}
