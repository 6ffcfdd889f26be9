using System.Collections.Immutable;
using System.Globalization;

namespace OpenClaw.Config.Reading;

/// <summary>
/// The environment's part of a provider: <c>P_API_KEY</c>, <c>P_API_KEYS</c> (commas), <c>P_API_KEY_1</c>…,
/// <c>P_API_KEY_FILE</c>, <c>P_BASE_URL</c>, where P is the preset's prefix or the id in capitals.
/// </summary>
internal sealed class ProviderVariables(ReadContext context)
{
    private readonly Dictionary<string, string> _all = ReadAll(context);

    private static Dictionary<string, string> ReadAll(ReadContext context)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in context.AllVariables())
        {
            if (value.Length > 0) all[name] = value;
        }
        return all;
    }

    /// <summary>True when a key or an address for the preset is there.</summary>
    public bool Enable(ProviderPreset preset) => Prefixes(preset.Id, preset).Any(p => Keys(p).Count > 0 || context.Lookup(p + "_BASE_URL") is not null);

    /// <summary>The address, or null; an unusable one is a problem.</summary>
    public string? BaseUrl(ProviderDraft draft)
    {
        foreach (var prefix in Prefixes(draft.Id, draft.Preset))
        {
            var name = prefix + "_BASE_URL";
            if (context.Lookup(name)?.Trim() is not { Length: > 0 } text) continue;
            if (ProviderAddress.Problem(text) is not { } problem) return text;
            context.Problems.Error(null, $"the variable {name} {problem.Message}", problem.Instead);
            return draft.Preset?.BaseUrl;
        }
        return null;
    }

    /// <summary>The environment's keys. One that cannot be sent is a warning: another key, or another provider, may well serve.</summary>
    public IEnumerable<SecretConfig> Keys(ProviderDraft draft)
    {
        foreach (var key in Prefixes(draft.Id, draft.Preset).SelectMany(Keys))
        {
            var (name, value) = key.Source switch
            {
                SecretSource.Env => (key.Value, context.Lookup(key.Value) ?? ""),
                SecretSource.Literal => (key.FromVariable, key.Value),
                _ => ("", ""),
            };
            if (SecretCharacters.Problem(value.AsSpan().Trim()) is { } problem) context.Problems.Warn(null, $"the variable {name} holds {problem.What}: this key is not used", problem.Instead);
            yield return key;
        }
    }

    /// <summary>Without repetitions: neither the same place nor, where the value is at hand, the same value twice.</summary>
    public ImmutableArray<SecretConfig> Distinct(IEnumerable<SecretConfig> keys)
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        var result = ImmutableArray.CreateBuilder<SecretConfig>();
        foreach (var key in keys)
        {
            var value = key.Source switch
            {
                SecretSource.Literal => key.Value,
                SecretSource.Env => context.Lookup(key.Value) ?? "\0env:" + key.Value,
                _ => "\0" + key,
            };
            if (values.Add(value)) result.Add(key);
        }
        return result.ToImmutable();
    }

    private static IEnumerable<string> Prefixes(string id, ProviderPreset? preset)
    {
        // A second provider of a preset's kind (openai-2) has variables of its own: one host's key is not sent to another.
        if (preset is null || preset.Id != id) return [Prefix(id)];
        return [preset.EnvPrefix, .. preset.OtherEnvPrefixes];
    }

    /// <summary>The variable in which this provider's key is looked for first.</summary>
    public static string KeyName(string id, ProviderPreset? preset) => Prefixes(id, preset).First() + "_API_KEY";

    public static string Prefix(string id) => string.Concat(id.Select(static c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));

    private List<SecretConfig> Keys(string prefix)
    {
        var name = prefix + "_API_KEY";
        var keys = new List<SecretConfig>();
        if (context.Lookup(name) is not null) keys.Add(FromVariable(name));
        foreach (var part in (context.Lookup(name + "S") ?? "").Split([',', ';', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // One variable, several keys: the value itself must be kept, its origin is shown.
            keys.Add(new SecretConfig { Source = SecretSource.Literal, Value = part, FromVariable = name + "S" });
        }
        keys.AddRange(_all.Keys
            .Select(n => (Name: n, Number: Number(n, name + "_")))
            .Where(static n => n.Number is not null)
            .OrderBy(static n => n.Number)
            .Select(n => FromVariable(n.Name)));
        if (context.Lookup(name + "_FILE")?.Trim() is { Length: > 0 } path) keys.Add(SecretReading.Noted(context, new SecretConfig { Source = SecretSource.File, Value = path }, at: null)!);
        return keys;
    }

    private SecretConfig FromVariable(string name) => context.Process(name) is not null
        ? new SecretConfig { Source = SecretSource.Env, Value = name }
        : new SecretConfig { Source = SecretSource.Literal, Value = context.FileVariable(name)!, FromVariable = name };

    private static int? Number(string name, string start) =>
        name.StartsWith(start, StringComparison.Ordinal) && int.TryParse(name.AsSpan(start.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
