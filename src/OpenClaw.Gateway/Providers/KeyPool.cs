using System.Collections.Concurrent;
using System.Collections.Immutable;
using OpenClaw.Config;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Providers;

/// <summary>The states of all keys ever configured, across reloads. A key at another address is another key. Thread-safe.</summary>
internal sealed class KeyStates(SecretStore secrets)
{
    private readonly ConcurrentDictionary<(string Provider, string BaseUrl, SecretConfig? Key), KeyState> _states = new();

    public KeyState Of(ProviderConfig provider, SecretConfig? key) =>
        _states.GetOrAdd((provider.Id, provider.BaseUrl, key), static (k, secrets) =>
        {
            // A key's file is opened when its configuration is loaded, not during a request.
            if (k.Key is not null) secrets.Read(k.Key);
            return new KeyState(k.Key, secrets);
        }, secrets);
}

/// <summary>
/// The keys of one provider as one configuration lists them, in order of preference: the first that is well is taken, so
/// prompt caches stay warm and a free key is used up before a paid one. Belongs to a snapshot; the states outlive it.
/// </summary>
internal sealed class KeyPool
{
    private readonly string _providerId;
    private readonly string? _wanted;
    private readonly ImmutableArray<(string Alias, KeyState State)> _keys;
    private readonly (string Alias, KeyState State)? _none;

    public KeyPool(ProviderConfig provider, KeyStates states)
    {
        _providerId = provider.Id;
        _keys = [.. provider.Keys.Select((key, i) => ($"{provider.Id}#{i + 1} ({key})", states.Of(provider, key)))];
        _wanted = NeedsKey(provider) ? VariableOf(provider) : null;
        if (_wanted is null && (_keys.IsEmpty || provider.IsLocal)) _none = (provider.Id + " (no key)", states.Of(provider, null));
    }

    /// <summary>
    /// A key for a call, or a lease whose <see cref="KeyLease.Missing"/> says why there is none: which variable to set, or
    /// until when every key is parked.
    /// </summary>
    public KeyLease Take(string model, DateTimeOffset now)
    {
        UpstreamFailure? missing = null;
        foreach (var (alias, state) in _keys)
        {
            var (value, park, problem) = state.Look(model, now);
            if (value is not null) return new KeyLease(alias, state, value, model, now);
            missing = Sooner(missing, Missing(alias, park, problem, now, state.IsMalformed ? BadKey : NoKey));
        }
        // Keys that are not to be had do not keep a local server from being called; keys that are parked, or are there and
        // cannot be sent, do: a prompt must not go out without the key that was meant for it.
        if (_none is { } none && missing is null or { Code: NoKey })
        {
            var (_, park, _) = none.State.Look(model, now);
            return park is null
                ? new KeyLease(none.Alias, none.State, null, model, now)
                : new KeyLease(Missing(none.Alias, park, null, now));
        }
        return new KeyLease(missing ?? new UpstreamFailure(
            FailureReason.Credential, $"no key for {_providerId}: set {_wanted}, or {_wanted}_FILE to a file with the key in it", Code: NoKey));
    }

    /// <summary>True when <see cref="Take"/> would find a key now: worth asking after one was parked.</summary>
    public bool HasAnother(string model, DateTimeOffset now) => Take(model, now).Missing is null;

    /// <summary>True when another key than this one could be used now.</summary>
    public bool HasOtherThan(string alias, string model, DateTimeOffset now)
    {
        foreach (var (other, state) in _keys)
        {
            if (other != alias && state.Look(model, now).Value is not null) return true;
        }
        return false;
    }

    /// <summary>Every key with what it is parked for, for status pages.</summary>
    public IEnumerable<KeySnapshot> Snapshot(DateTimeOffset now)
    {
        foreach (var (alias, state) in _none is { } none && _keys.IsEmpty ? [none] : _keys)
        {
            yield return new KeySnapshot(alias, state.Look("", now).Problem, state.Parks(now)) { Loss = state.Loss };
        }
        if (_keys.IsEmpty && _wanted is not null) yield return new KeySnapshot(_providerId, $"the variable {_wanted} is not set", []);
    }

    private const string NoKey = "no_key";
    private const string BadKey = "bad_key";

    private static UpstreamFailure Missing(string alias, KeyPark? park, string? problem, DateTimeOffset now, string code = NoKey)
    {
        if (park is null) return new UpstreamFailure(FailureReason.Credential, $"{alias}: {problem}", Code: code);
        var words = park.Reason switch
        {
            FailureReason.RateLimited => "rate limited",
            FailureReason.QuotaExhausted => "out of quota",
            _ => "rejected",
        };
        return new UpstreamFailure(park.Reason, FailureText.Clean($"{alias} is {words}: {park.Message}"), Code: "key_parked", RetryAfter: park.Until - now);
    }

    /// <summary>Of several missing keys the one that is back first speaks for all; a rejected one speaks before one that is not set.</summary>
    private static UpstreamFailure Sooner(UpstreamFailure? one, UpstreamFailure other)
    {
        if (one is null) return other;
        if (one.RetryAfter is null && other.RetryAfter is null) return one.Code == NoKey ? other : one;
        return one.RetryAfter is null || other.RetryAfter < one.RetryAfter ? other : one;
    }

    private static bool NeedsKey(ProviderConfig provider) =>
        !provider.IsLocal && provider.AuthHeader != false
        && provider.Preset is { } preset && ProviderCatalog.Find(preset) is { NeedsKey: true }
        && !provider.Headers.Keys.Any(static h => h.ToLowerInvariant() is "authorization" or "x-api-key" or "x-goog-api-key" or "api-key");

    private static string VariableOf(ProviderConfig provider)
    {
        var preset = ProviderCatalog.Find(provider.Preset!)!;
        var prefix = preset.Id == provider.Id
            ? preset.EnvPrefix
            : string.Concat(provider.Id.Select(static c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));
        return prefix + "_API_KEY";
    }
}

/// <param name="Alias">Never the key: its place in the list and where it is from.</param>
/// <param name="Problem">Why it has no value, or null.</param>
internal sealed record KeySnapshot(string Alias, string? Problem, IReadOnlyList<(string Model, KeyPark Park)> Parks)
{
    /// <summary>Why its file could not be read again, so that an old value is in use; null when it could.</summary>
    public string? Loss { get; init; }
}
