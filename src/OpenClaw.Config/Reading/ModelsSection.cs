using System.Collections.Immutable;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads what may be asked for and who answers: default chain, allowlist, aliases, content-policy fallbacks, prices.</summary>
internal sealed class ModelsSection(ReadContext context, ProviderDrafts drafts, References references, AliasNames aliases, LlmConfigList list)
{
    private readonly ConfigNode? _models = context.Root["models"];
    private readonly ConfigNode? _defaults = context.Root.At("agents", "defaults");

    public ModelsConfig Read()
    {
        var chain = ReadChain();
        var allowlist = new AllowlistReading(context, references, list).Read(chain);
        var content = ReadList(_models?["contentPolicyFallbacks"]);
        var config = new ModelsConfig
        {
            Chain = [.. chain.Select(static c => c.Ref).Distinct()],
            Allowlist = allowlist,
            Aliases = ReadAliases(),
            ListAliases = aliases.Names.Where(aliases.IsList).ToImmutableSortedSet(StringComparer.Ordinal),
            ContentPolicyFallbacks = [.. content.Select(static c => c.Ref).Distinct()],
            Prices = ReadPrices(),
            AllowUnpriced = [.. ReadContext.Items(_models?["allowUnpriced"]).SelectMany(i => references.Rules(i)).Distinct()],
        };
        var check = new AllowlistCheck(context, config);
        foreach (var place in chain) check.Require(place.At, place.Ref, "is in the default chain");
        foreach (var place in content) check.Require(place.At, place.Ref, "is a content-policy fallback");
        foreach (var (name, targets) in config.Aliases)
        {
            foreach (var target in targets) check.Expect(aliases.Place(name), target, $"is what \"{Shown.Text(name)}\" stands for");
        }
        ReadModelParameters();
        WarnOfSharedAddress();
        return config;
    }

    /// <summary>Primary, then the fallbacks of both places, then <c>llmConfig</c>; without a primary <c>llmConfig</c> comes first.</summary>
    private List<PlacedRef> ReadChain()
    {
        var chain = new List<PlacedRef>();
        var upstream = _defaults?["model"];
        var primary = upstream is { IsObject: true } ? upstream["primary"] : upstream;
        var native = context.Root["defaultModel"];
        if (native is { IsString: true } && primary is { IsString: true } && native.Text.Trim() != primary.Text.Trim())
        {
            context.Problems.Error(primary, $"there are two default models: this one and defaultModel on line {native.Line}", "Keep one of the two.");
        }
        var isListFirst = native is null && primary is null;
        if (isListFirst) chain.AddRange(list.Chain);
        Append(chain, native ?? primary);
        foreach (var item in ReadContext.Items(_models?["fallbacks"])) Append(chain, item);
        if (upstream is { IsObject: true })
        {
            foreach (var item in ReadContext.Items(upstream["fallbacks"])) Append(chain, item);
        }
        if (!isListFirst) chain.AddRange(list.Chain);
        if (chain.Count > 0 && isListFirst && list.Chain.Count == 0)
        {
            context.Problems.Warn(chain[0].At, "there are fallbacks but no default model, so the first of them is it", "Add \"defaultModel\": \"provider/model\".");
        }
        return chain;
    }

    private void Append(List<PlacedRef> chain, ConfigNode? node)
    {
        foreach (var reference in references.Resolve(node)) chain.Add(new PlacedRef(reference, node!));
    }

    private List<PlacedRef> ReadList(ConfigNode? node)
    {
        var found = new List<PlacedRef>();
        foreach (var item in ReadContext.Items(node)) Append(found, item);
        return found;
    }

    private ImmutableSortedDictionary<string, ImmutableArray<ModelRef>> ReadAliases()
    {
        var resolved = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<ModelRef>>(StringComparer.Ordinal);
        foreach (var name in aliases.Names)
        {
            var targets = aliases.Resolve(name, references);
            if (!targets.IsEmpty) resolved[name] = targets;
        }
        return resolved.ToImmutable();
    }

    private ImmutableSortedDictionary<string, PriceConfig> ReadPrices()
    {
        var prices = ImmutableSortedDictionary.CreateBuilder<string, PriceConfig>(StringComparer.Ordinal);
        foreach (var member in ReadContext.Members(_models?["prices"]))
        {
            if (!ModelRef.TryParse(member.Name, out var reference))
            {
                context.Problems.Error(member.Value, $"\"{Shown.Text(member.Name)}\" names no provider", $"Write \"provider/{Shown.Text(member.Name.Trim('/'))}\".");
            }
            else if (reference.Model.Contains('*', StringComparison.Ordinal))
            {
                context.Problems.Error(member.Value, $"\"{Shown.Text(member.Name)}\" is a pattern, and a price is one model's", "Write each model with its price.");
            }
            else if (references.IsKnownProvider(member.Value, reference.Provider) && PriceReading.Read(context, member.Value) is { } price)
            {
                prices[reference.ToString()] = price;
            }
        }
        return prices.ToImmutable();
    }

    /// <summary><c>agents.defaults.models.REF.params.extra_body</c>, and a check of the references that are keys there.</summary>
    private void ReadModelParameters()
    {
        foreach (var member in ReadContext.Members(_defaults?["models"]))
        {
            if (member.Name.Contains('*', StringComparison.Ordinal))
            {
                if (ModelRef.TryParse(member.Name, out var pattern)) references.IsKnownProvider(member.Value, pattern.Provider);
                continue;
            }
            var isSeen = ModelRef.TryParse(member.Name, out var reference) && references.HasSeen(reference);
            if (!isSeen && references.Exact(member.Value, member.Name) is null) continue;
            if (ProvidersSection.ObjectText(member.Value.At("params", "extra_body")) is { } body)
            {
                drafts.Touch(reference.Provider).Change(reference.Model, m => m with { ExtraBodyJson = body });
            }
        }
    }

    /// <summary>An address that llmConfig gave to a whole provider also answers for models that llmConfig does not hold.</summary>
    private void WarnOfSharedAddress()
    {
        foreach (var draft in drafts.All)
        {
            if (draft.BaseUrlFromList is not { } at) continue;
            var other = references.Seen.FirstOrDefault(r => r.Provider == draft.Id && list.Chain.All(c => c.Ref != r));
            if (other == default) continue;
            context.Problems.Warn(at, $"this address holds for all of \"{draft.Id}\", so {Shown.Text(other.ToString())} is asked there too", $"If that is not meant, name this server under models.providers and use its id here.");
        }
    }
}
