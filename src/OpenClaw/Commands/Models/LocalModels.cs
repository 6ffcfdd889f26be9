using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering.Prices;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Commands.Models;

/// <summary>The same view without a gateway: the configuration made ready as a gateway would, and not served.</summary>
internal static class LocalModels
{
    public static ModelsView Read(LocalConfig local, ConfigEnvironment environment, TimeProvider time)
    {
        var config = local.Config ?? throw new ArgumentException("the configuration is not valid", nameof(local));
        var now = time.GetUtcNow();
        var state = StateOf(config, environment, now);
        var models = config.Models;
        return new ModelsView
        {
            ConfigPath = local.Path,
            Default = models.Chain.IsEmpty ? null : models.Chain[0].ToString(),
            Fallbacks = [.. models.Chain.Skip(1).Select(static r => r.ToString())],
            Aliases = [.. models.Aliases.Select(static a => new AliasRow(a.Key, [.. a.Value.Select(static r => r.ToString())]))],
            Allowed = models.Allowlist is { } rules ? [.. rules.Select(static r => r.ToString())] : null,
            Providers = [.. config.Providers.Select(p => Provider(state.Providers[p.Id], now))],
            Models = [.. state.KnownReferences.Select(r => Model(state, r, now))],
        };
    }

    private static GatewayState StateOf(OpenClawConfig config, ConfigEnvironment environment, DateTimeOffset now)
    {
        var secrets = new SecretStore(environment);
        var keys = new KeyStates(secrets);
        var backoff = new Backoff(Random.Shared);
        var health = new TargetHealth(r => new TargetState(r.ToString(), backoff, () => config.Routing));
        var providers = config.Providers.Select(p => new ProviderEntry { Config = p, Keys = new KeyPool(p, keys), Secrets = secrets });
        return new GatewayState(config, Authentication.Open, providers, health, now);
    }

    private static ProviderRow Provider(ProviderEntry entry, DateTimeOffset now) => new(
        entry.Id,
        entry.Config.Api.ToString(),
        entry.Config.BaseUrl,
        entry.Config.IsLocal,
        [.. entry.Keys.Snapshot(now).Select(static k => new KeyRow(
            k.Alias,
            k.Problem,
            [.. k.Parks.Select(static p => new ParkRow(p.Model.Length == 0 ? null : p.Model, EnumText.Camel(p.Park.Reason), p.Park.Until))]))],
        entry.Keys.Take("", now).Missing?.Message);

    private static ModelRow Model(GatewayState state, ModelRef reference, DateTimeOffset now)
    {
        var (target, missing) = state.TargetOf(reference);
        var models = state.Config.Models;
        return new ModelRow(
            reference.ToString(),
            state.Config.FindProvider(reference.Provider)?.FindModel(reference.Model)?.Name ?? reference.Model,
            target?.TakesImages == true ? ["text", "image"] : ["text"],
            target?.ContextWindow,
            target?.Provider.Config.IsLocal ?? false,
            models.IsAllowed(reference),
            target is not null && target.Provider.Keys.Take(reference.Model, now).Missing is null,
            [.. Tags(models, reference, target)],
            missing?.Message)
        {
            Price = target is null ? default : PriceOf(target, now),
        };
    }

    private static JsonElement PriceOf(Target target, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            PriceJson.Write(json, target.Price, now);
            json.WriteEndObject();
        }
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.GetProperty("price").Clone();
    }

    private static IEnumerable<string> Tags(ModelsConfig models, ModelRef reference, Target? target)
    {
        var place = models.Chain.IndexOf(reference);
        if (place == 0) yield return "default";
        if (place > 0) yield return "fallback#" + place.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, references) in models.Aliases)
        {
            if (references.Contains(reference)) yield return "alias:" + name;
        }
        if (target is { Price.IsUnpriced: true }) yield return "unpriced";
        yield return "configured";
    }
}
