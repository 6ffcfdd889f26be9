using System.Text.Json;
using OpenClaw.Config.Reading;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Writing;

/// <summary>
/// Writes upstream OpenClaw's dialect. Its schema is strict: what it has no key for is left out and noted, never written.
/// </summary>
internal sealed class UpstreamWriter(Utf8JsonWriter json, ReadContext context, OpenClawConfig config)
{
    private readonly UpstreamSecrets _secrets = new(context);

    public void Write()
    {
        json.WriteStartObject();
        WriteMeta();
        foreach (var member in CarriedOver.Roots(context))
        {
            if (member.Key != "meta") CarriedOver.WriteMember(json, member);
        }
        WriteGateway();
        WriteModels();
        WriteAgents();
        _secrets.WriteFiles(json);
        json.WriteEndObject();
        NoteMissing();
        CarriedOver.Note(context, context.Skipped.Where(n => n.Parent != context.Root));
    }

    /// <summary><c>google/…</c> is upstream's name for what is <c>gemini/…</c> here.</summary>
    public static string Reference(ModelRef reference) => Id(reference.Provider) + "/" + reference.Model;

    public static string Id(string provider) => provider == "gemini" ? "google" : provider;

    private void Missing(string pointer, string what, string instead) => context.Problems.Add(ProblemSeverity.Error, 0, pointer, "upstream OpenClaw " + what, instead);

    /// <summary>Without this mark upstream would take the aliases' map for an allowlist.</summary>
    private void WriteMeta()
    {
        json.WriteStartObject("meta");
        var meta = context.Root["meta"];
        foreach (var member in meta?.Members ?? [])
        {
            if (!member.IsDuplicate && member.Name != "migrations") CarriedOver.WriteMember(json, member);
        }
        json.WriteStartObject("migrations");
        foreach (var member in meta?["migrations"]?.Members ?? [])
        {
            if (!member.IsDuplicate && member.Name != "modelPolicyAllowlist") CarriedOver.WriteMember(json, member);
        }
        json.WriteBoolean("modelPolicyAllowlist", true);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteGateway()
    {
        var gateway = config.Gateway;
        var defaults = new GatewayConfig();
        json.WriteStartObject("gateway");
        json.WriteString("mode", "local");
        json.WriteString("bind", NativeWriter.Bind(gateway.Bind));
        if (gateway.CustomBindHost is { } host) json.WriteString("customBindHost", host);
        json.WriteNumber("port", gateway.Port);
        if (!gateway.AuthIsImplied)
        {
            json.WriteStartObject("auth");
            json.WriteString("mode", gateway.Auth == AuthMode.Token ? "token" : "none");
            if (gateway.Token is { } token) _secrets.Write(json, "token", token);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        var hasOwn = gateway.MaxBodyBytes != defaults.MaxBodyBytes || gateway.MaxConcurrentRequests != defaults.MaxConcurrentRequests
            || gateway.MaxConnections != defaults.MaxConnections || gateway.DrainTimeout != defaults.DrainTimeout;
        if (hasOwn) Missing("/gateway", "has no bounds for body, requests, connections or draining", "They hold only in a native file.");
    }

    private void WriteModels()
    {
        var providers = config.Providers.Where(p => !CanStayOut(p)).ToList();
        if (providers.Count == 0) return;
        json.WriteStartObject("models");
        json.WriteString("mode", "merge");
        json.WriteStartObject("providers");
        foreach (var provider in providers)
        {
            if (provider.Api == ApiKind.Scripted) Missing("/models/providers/" + ConfigNode.Escape(provider.Id), "has no scripted provider", "Keep the rehearsal in a native file.");
            else WriteProvider(provider);
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Upstream knows the public providers by itself, but finds local servers only when they are written.</summary>
    private static bool CanStayOut(ProviderConfig provider) => ApiText.IsAtHome(provider) && ApiText.IsPlain(provider) && !provider.IsLocal && provider.Api != ApiKind.Scripted;

    private void WriteProvider(ProviderConfig provider)
    {
        var pointer = "/models/providers/" + ConfigNode.Escape(provider.Id);
        json.WriteStartObject(Id(provider.Id));
        json.WriteString("baseUrl", provider.Api == ApiKind.Gemini ? provider.BaseUrl + "/v1beta" : provider.BaseUrl);
        json.WriteString("api", ApiText.Name(provider.Api));
        WriteKey(provider, pointer);
        if (!provider.Headers.IsEmpty)
        {
            json.WriteStartObject("headers");
            foreach (var (name, value) in provider.Headers) _secrets.Write(json, name, value);
            json.WriteEndObject();
        }
        if (provider.AuthHeader is { } authHeader) json.WriteBoolean("authHeader", authHeader);
        if (provider.Timeout is { } timeout) json.WriteNumber("timeoutSeconds", (decimal)timeout.TotalSeconds);
        if (provider.RoutingPreferencesJson is not null || provider.ExtraBodyJson is not null)
        {
            json.WriteStartObject("params");
            WriteRaw("provider", provider.RoutingPreferencesJson);
            WriteRaw("extra_body", provider.ExtraBodyJson);
            json.WriteEndObject();
        }
        WriteModelList(provider, pointer);
        json.WriteEndObject();
        if (provider.Prefill is not null) Missing(pointer + "/prefill", "does not know prefill", "It is left out; upstream never continues a cut answer.");
    }

    private void WriteKey(ProviderConfig provider, string pointer)
    {
        if (provider.Keys.Length > 1)
        {
            Missing(pointer + "/apiKeys", $"has one key in the file, so {provider.Keys.Length - 1} are left out", $"Put them into {ApiText.KeyVariable(provider)}S, separated by commas.");
        }
        var preset = provider.Preset is null ? null : ProviderCatalog.Find(provider.Preset);
        if (provider.Keys is [var first, ..]) _secrets.Write(json, "apiKey", first);
        else if (preset is { NeedsKey: true }) json.WriteString("apiKey", "${" + ApiText.KeyVariable(provider) + "}");
    }

    /// <summary>Upstream wants the models of a provider of one's own listed, each with id and name.</summary>
    private void WriteModelList(ProviderConfig provider, string pointer)
    {
        var listed = provider.Models.ToList();
        var isOpen = !provider.ModelsAreClosed;
        if (isOpen && (listed.Count > 0 || provider.IsLocal || !ApiText.IsAtHome(provider)))
        {
            foreach (var reference in Mentioned(provider.Id))
            {
                if (listed.All(m => m.Id != reference.Model)) listed.Add(new ModelConfig { Id = reference.Model });
            }
        }
        json.WriteStartArray("models");
        foreach (var model in listed) WriteModel(provider, model);
        json.WriteEndArray();
        if (isOpen && listed.Count > 0)
        {
            context.Problems.Add(ProblemSeverity.Warning, 0, pointer + "/models", $"\"{Id(provider.Id)}\" now lists its models, and only these are served", "Add the others that you use.");
        }
    }

    private void WriteModel(ProviderConfig provider, ModelConfig model)
    {
        json.WriteStartObject();
        json.WriteString("id", model.Id);
        json.WriteString("name", model.Name ?? model.Id);
        var price = model.Cost ?? config.Models.Prices.GetValueOrDefault(new ModelRef(provider.Id, model.Id).ToString());
        if (price is { IsMoreThanFourFigures: true })
        {
            Missing("/models/prices/" + ConfigNode.Escape(new ModelRef(provider.Id, model.Id).ToString()), "knows four figures of a price; the others are left out", "They hold only in a native file.");
            price = price.FourFigures;
        }
        NativeWriter.WriteModelFacts(json, model with { Cost = null });
        if (price is not null) PriceWriter.WriteUpstream(json, "cost", price);
        if (model.RoutingPreferencesJson is not null)
        {
            json.WriteStartObject("compat");
            WriteRaw("openRouterRouting", model.RoutingPreferencesJson);
            json.WriteEndObject();
        }
        if (model.ExtraBodyJson is not null)
        {
            json.WriteStartObject("params");
            WriteRaw("extra_body", model.ExtraBodyJson);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        _priced.Add(new ModelRef(provider.Id, model.Id).ToString());
    }

    private readonly HashSet<string> _priced = new(StringComparer.Ordinal);

    private IEnumerable<ModelRef> Mentioned(string provider) =>
        config.Models.Chain
            .Concat(config.Models.Aliases.Values.SelectMany(static a => a))
            .Concat(config.Models.ContentPolicyFallbacks)
            .Concat(config.Models.Allowlist?.Where(static r => !r.IsWildcard).Select(static r => new ModelRef(r.Provider, r.Pattern)) ?? [])
            .Where(r => r.Provider == provider)
            .Distinct();

    private IEnumerable<ModelRef> Named(string provider) => Mentioned(provider).Concat(config.FindProvider(provider)?.Models.Select(m => new ModelRef(provider, m.Id)) ?? []);

    private void WriteAgents()
    {
        json.WriteStartObject("agents");
        CarriedOver.WriteOtherAgents(json, context);
        json.WriteStartObject("defaults");
        CarriedOver.WriteOtherDefaults(json, context);
        WriteChain();
        WriteAliases();
        if (config.Models.Allowlist is { } rules)
        {
            json.WriteStartObject("modelPolicy");
            json.WriteStartArray("allow");
            foreach (var rule in UpstreamAllowlist.Of(rules, context, Named)) json.WriteStringValue(rule);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteChain()
    {
        if (config.Models.Chain is not [var primary, .. var fallbacks]) return;
        if (fallbacks.IsEmpty)
        {
            json.WriteString("model", Reference(primary));
            return;
        }
        json.WriteStartObject("model");
        json.WriteString("primary", Reference(primary));
        json.WriteStartArray("fallbacks");
        foreach (var fallback in fallbacks) json.WriteStringValue(Reference(fallback));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteAliases()
    {
        var aliasOf = new Dictionary<ModelRef, string>();
        foreach (var (name, targets) in config.Models.Aliases)
        {
            var pointer = "/models/aliases/" + ConfigNode.Escape(name);
            if (config.Models.ListAliases.Contains(name)) Missing(pointer, $"has no alias for a chain, so \"{name}\" is left out", "Give an alias to one of them.");
            else if (!aliasOf.TryAdd(targets[0], name)) Missing(pointer, $"has one alias per model, so \"{name}\" is left out", $"{targets[0]} is already \"{aliasOf[targets[0]]}\".");
        }
        if (aliasOf.Count == 0) return;
        json.WriteStartObject("models");
        foreach (var (reference, name) in aliasOf)
        {
            json.WriteStartObject(Reference(reference));
            json.WriteString("alias", name);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private void WriteRaw(string name, string? raw)
    {
        if (raw is null) return;
        json.WritePropertyName(name);
        json.WriteRawValue(raw);
    }

    private void NoteMissing()
    {
        const string Keep = "It holds only in a native file.";
        if (config.Routing != new RoutingConfig()) Missing("/routing", "cannot be told clocks, retries or cooldown", Keep);
        if (!config.Budgets.IsEmpty) Missing("/budgets", "enforces no budgets", Keep);
        if (!config.Limits.IsEmpty) Missing("/limits", "enforces no rates", Keep);
        if (!config.Clients.IsEmpty) Missing("/clients", "has no clients with tokens of their own", Keep);
        if (config.Guard != new GuardConfig()) Missing("/guard", "stops no session by its spending", Keep);
        if (config.Sessions != new SessionsConfig()) Missing("/sessions", "keeps its sessions by its own rules", Keep);
        if (config.Storage != new StorageConfig()) Missing("/storage", "keeps usage in its own place", Keep);
        if (!config.Alerts.IsEmpty) Missing("/alerts", "sends no alerts", Keep);
        if (!config.Models.ContentPolicyFallbacks.IsEmpty) Missing("/models/contentPolicyFallbacks", "does not fall back after a refusal", Keep);
        if (!config.Models.AllowUnpriced.IsEmpty) Missing("/models/allowUnpriced", "enforces no budgets", Keep);
        foreach (var reference in config.Models.Prices.Keys.Where(r => !_priced.Contains(r)))
        {
            Missing("/models/prices/" + ConfigNode.Escape(reference), "takes prices only with a listed model", "List the model under models.providers and convert again.");
        }
    }
}
