using System.Collections.Immutable;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>
/// Turns written references and aliases into <see cref="ModelRef"/>s. Exact: what is not known is a problem that names
/// what is nearest, never a substitute.
/// </summary>
internal sealed class References(ReadContext context, ProviderDrafts drafts, AliasNames aliases)
{
    private readonly HashSet<ModelRef> _seen = [];

    /// <summary>Every exact reference of the file so far, for hints.</summary>
    public IEnumerable<ModelRef> Seen => _seen;

    public bool HasSeen(ModelRef reference) => _seen.Contains(reference);

    /// <summary>One reference, or an alias' chain; empty when refused.</summary>
    public ImmutableArray<ModelRef> Resolve(ConfigNode? node) => Resolve(node, node is { IsString: true } ? context.Text(node) : null);

    public ImmutableArray<ModelRef> Resolve(ConfigNode? node, string? text)
    {
        if (text is null || node is null) return [];
        if (aliases.Contains(text)) return aliases.Resolve(text, this);
        return Exact(node, text) is { } reference ? [reference] : [];
    }

    /// <summary>A reference that must not be an alias; null when refused.</summary>
    public ModelRef? Exact(ConfigNode node, string text)
    {
        if (!ModelRef.TryParse(text, out var reference))
        {
            NoProvider(node, text);
            return null;
        }
        if (!IsWellFormed(node, text, reference) || !IsKnownProvider(node, reference.Provider)) return null;
        if (reference.Model.Contains('*', StringComparison.Ordinal))
        {
            context.Problems.Error(node, $"{Shown.Value(node)} is a pattern, and one model is asked for here", "Write \"provider/model\" without a star; patterns stand in allowlists.");
            return null;
        }
        var draft = drafts.Touch(reference.Provider);
        if (draft.ModelsAreClosed && draft.FindModel(reference.Model) is null && draft.Api != ApiKind.Scripted)
        {
            UnknownModel(node, reference, draft);
            return null;
        }
        _seen.Add(reference);
        return reference;
    }

    /// <summary>One line of an allowlist; an alias becomes its targets.</summary>
    public ImmutableArray<AllowRule> Rules(ConfigNode node)
    {
        if (context.Text(node) is not { } text) return [];
        if (aliases.Contains(text)) return [.. aliases.Resolve(text, this).Select(static r => new AllowRule(r.Provider, r.Model))];
        var star = text.IndexOf('*', StringComparison.Ordinal);
        if (star < 0) return Exact(node, text) is { } reference ? [new AllowRule(reference.Provider, reference.Model)] : [];
        if (star != text.Length - 1 || !ModelRef.TryParse(text, out var pattern) || pattern.Provider.Contains('*', StringComparison.Ordinal))
        {
            context.Problems.Error(node, $"{Shown.Value(node)} is not a pattern: the star stands only at the end, behind a provider", "Write \"provider/*\" or \"provider/prefix*\"; without an allowlist everything is allowed.");
            return [];
        }
        if (!IsWellFormed(node, text, pattern) || !IsKnownProvider(node, pattern.Provider)) return [];
        drafts.Touch(pattern.Provider);
        return [new AllowRule(pattern.Provider, pattern.Model)];
    }

    public bool IsKnownProvider(ConfigNode node, string provider)
    {
        if (drafts.IsKnown(provider)) return true;
        var nearest = context.Problems.IsFull ? [] : Nearest.Of(provider, drafts.KnownIds);
        var hint = nearest.Count > 0 ? $"Did you mean {Shown.Choice(nearest)}? " : "";
        context.Problems.Error(node, $"the provider \"{Shown.Text(provider)}\" is neither known nor configured", $"{hint}To add it: \"models\": {{ \"providers\": {{ \"{Shown.Text(provider)}\": {{ \"baseUrl\": \"http://host:port/v1\" }} }} }}.");
        return false;
    }

    private bool IsWellFormed(ConfigNode node, string text, ModelRef reference)
    {
        var isFine = text.Length <= 512 && !text.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c)) && reference.Provider.Length <= 64;
        if (!isFine) context.Problems.Error(node, $"{Shown.Value(node)} is not a model reference: it is too long or holds white space", "Write \"provider/model\" without spaces.");
        return isFine;
    }

    private void NoProvider(ConfigNode node, string text)
    {
        if (drafts.IsKnown(ProviderCatalog.CanonicalId(text.TrimEnd('/'))))
        {
            context.Problems.Error(node, $"{Shown.Value(node)} names a provider but no model", $"Write \"{Shown.Text(text.TrimEnd('/'))}/MODEL\".");
            return;
        }
        var candidates = context.Problems.IsFull ? [] : aliases.Names.Concat(_seen.Select(static r => r.ToString())).ToList();
        var sameModel = _seen.Where(r => r.Model == text || r.Model.EndsWith("/" + text, StringComparison.Ordinal)).Select(static r => r.ToString()).ToList();
        var nearest = sameModel.Count > 0 ? sameModel : Nearest.Of(text, candidates);
        if (nearest.Count == 0) nearest = Nearest.Of(text, _seen.Select(static r => r.Model), 1).SelectMany(m => _seen.Where(r => r.Model == m).Select(static r => r.ToString())).Take(2).ToList();
        if (nearest.Count == 0 && GuessProvider(text) is { } provider) nearest = [$"{provider}/{text}"];
        context.Problems.Error(node, $"{Shown.Value(node)} names no provider and is no alias", nearest.Count > 0 ? $"Write {Shown.Choice(nearest)}." : $"Write \"provider/{Shown.Text(text.Trim('/'))}\".");
    }

    /// <summary>For a hint only: whose model this name looks like.</summary>
    private static string? GuessProvider(string model) => model switch
    {
        _ when model.Contains('/', StringComparison.Ordinal) => null,
        _ when model.StartsWith("gpt", StringComparison.OrdinalIgnoreCase) || model is "o1" or "o3" or "o4-mini" => "openai",
        _ when model.StartsWith("claude", StringComparison.OrdinalIgnoreCase) => "anthropic",
        _ when model.StartsWith("gemini", StringComparison.OrdinalIgnoreCase) => "gemini",
        _ when model.StartsWith("mistral", StringComparison.OrdinalIgnoreCase) => "mistral",
        _ when model.StartsWith("deepseek", StringComparison.OrdinalIgnoreCase) => "deepseek",
        _ when model.StartsWith("grok", StringComparison.OrdinalIgnoreCase) => "xai",
        _ => null,
    };

    private void UnknownModel(ConfigNode node, ModelRef reference, ProviderDraft draft)
    {
        var nearest = context.Problems.IsFull ? [] : Nearest.Of(reference.Model, draft.Models.Select(static m => m.Id));
        context.Problems.Error(node, $"the provider \"{draft.Id}\" lists its models and \"{Shown.Text(reference.Model)}\" is not among them",
            nearest.Count > 0 ? $"Write {Shown.Choice(nearest.Select(m => $"{draft.Id}/{m}"))}, or add it to models.providers.{draft.Id}.models." : $"Add {{ \"id\": \"{Shown.Text(reference.Model)}\" }} to models.providers.{draft.Id}.models.");
    }
}
