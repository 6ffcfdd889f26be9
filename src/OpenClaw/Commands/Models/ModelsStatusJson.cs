using System.Collections.Immutable;
using System.Text.Json;
using OpenClaw.Client;

namespace OpenClaw.Commands.Models;

/// <summary>
/// <c>models status --json</c>: upstream's members, so that scripts written for it find what they look for. Those of things
/// that do not exist here (OAuth, models for images, runtimes with a login of their own) are there and empty.
/// </summary>
internal static class ModelsStatusJson
{
    public static void Write(Utf8JsonWriter json, ModelsView view, ImmutableArray<ProbeRow>? probes, DateTimeOffset now)
    {
        json.WriteStartObject();
        if (view.ConfigPath is not null) json.WriteString("configPath"u8, view.ConfigPath);
        else json.WriteNull("configPath"u8);
        json.WriteString("source"u8, view.Gateway is null ? "config"u8 : "gateway"u8);
        if (view.Gateway is not null) json.WriteString("gateway"u8, view.Gateway);
        json.WriteString("defaultModel"u8, view.Default);
        json.WriteString("resolvedDefault"u8, view.Default);
        Texts(json, "fallbacks", view.Fallbacks);
        json.WriteNull("imageModel"u8);
        Texts(json, "imageFallbacks", []);
        ModelsAliases.WriteAliases(json, view.Aliases);
        if (view.Allowed is { } rules) Texts(json, "allowed", rules);
        else json.WriteNull("allowed"u8);
        Texts(json, "unpriced", view.Models.Where(static m => m.IsUnpriced).Select(static m => m.Key));
        json.WriteStartObject("auth"u8);
        Texts(json, "providersWithOAuth", []);
        Texts(json, "missingProvidersInUse", view.Providers.Where(static p => p.LacksKey).Select(static p => p.Id));
        Texts(json, "runtimeAuthRoutes", []);
        json.WriteStartArray("providers"u8);
        foreach (var provider in view.Providers) WriteProvider(json, provider);
        json.WriteEndArray();
        WriteUnusable(json, view, now);
        json.WriteStartArray("modelRouteIssues"u8);
        if (view.Default is null)
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, "noDefault"u8);
            json.WriteString("message"u8, ModelsStatus.NoDefault);
            json.WriteEndObject();
        }
        foreach (var model in view.BrokenChain)
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, "missing"u8);
            json.WriteString("provider"u8, model.Provider);
            json.WriteString("model"u8, model.Key);
            json.WriteString("message"u8, model.Problem);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("oauth"u8);
        Texts(json, "profiles", []);
        Texts(json, "providers", []);
        json.WriteEndObject();
        if (probes is { } rows) ModelsProbe.Write(json, rows);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    // Upstream sorts by what comes back first, and counts in milliseconds since 1970.
    private static void WriteUnusable(Utf8JsonWriter json, ModelsView view, DateTimeOffset now)
    {
        var parked =
            from provider in view.Providers
            from key in provider.Keys
            from park in key.Parks
            orderby park.Until ?? DateTimeOffset.MaxValue
            select (provider.Id, key.Alias, park);
        json.WriteStartArray("unusableProfiles"u8);
        foreach (var (provider, alias, park) in parked)
        {
            json.WriteStartObject();
            json.WriteString("profileId"u8, alias);
            json.WriteString("provider"u8, provider);
            json.WriteString("kind"u8, park.IsOutOfMoney || park.Until is null ? "disabled"u8 : "cooldown"u8);
            json.WriteString("reason"u8, park.IsOutOfMoney ? "billing" : park.Reason);
            if (park.Model is not null) json.WriteString("model"u8, park.Model);
            if (park.Until is { } until)
            {
                json.WriteNumber("until"u8, until.ToUnixTimeMilliseconds());
                json.WriteNumber("remainingMs"u8, (long)(until - now).TotalMilliseconds);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteProvider(Utf8JsonWriter json, ProviderRow provider)
    {
        json.WriteStartObject();
        json.WriteString("provider"u8, provider.Id);
        json.WriteString("baseUrl"u8, provider.BaseUrl);
        json.WriteBoolean("local"u8, provider.IsLocal);
        WriteEffective(json, provider.Effective?.Origin ?? "missing");
        json.WriteStartArray("keys"u8);
        foreach (var key in provider.Keys) WriteKey(json, key);
        json.WriteEndArray();
        if (provider.Missing is not null) json.WriteString("missing"u8, provider.Missing);
        json.WriteEndObject();
    }

    // "env:NAME" and "file:/path" have a kind and a detail; the other words are both.
    private static void WriteEffective(Utf8JsonWriter json, string origin)
    {
        var colon = origin.IndexOf(':', StringComparison.Ordinal);
        json.WriteStartObject("effective"u8);
        json.WriteString("kind"u8, colon < 0 ? origin : origin[..colon]);
        json.WriteString("detail"u8, colon < 0 ? origin : origin[(colon + 1)..]);
        json.WriteEndObject();
    }

    private static void WriteKey(Utf8JsonWriter json, KeyRow key)
    {
        json.WriteStartObject();
        json.WriteString("source"u8, key.Origin);
        json.WriteString("state"u8, key.Problem is not null ? "missing" : key.Parks.Length > 0 ? "cooldown" : "ok");
        if (key.Problem is not null) json.WriteString("problem"u8, key.Problem);
        json.WriteStartArray("cooldowns"u8);
        foreach (var park in key.Parks)
        {
            json.WriteStartObject();
            if (park.Model is not null) json.WriteString("model"u8, park.Model);
            json.WriteString("reason"u8, park.Reason);
            if (park.Until is { } until) json.WriteString("until"u8, until);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
