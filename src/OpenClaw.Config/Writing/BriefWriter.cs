using System.Text.Json;
using OpenClaw.Config.Reading;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Writing;

/// <summary>
/// Writes the guides' dialect: <c>gateway</c>, then <c>defaultModel</c> for one model or <c>llmConfig</c> for a chain, and
/// the allowlist. It has few words, so much of a larger file becomes notes.
/// </summary>
internal sealed class BriefWriter(Utf8JsonWriter json, ReadContext context, OpenClawConfig config)
{
    private const string Keep = "It holds only in a native file.";

    public void Write()
    {
        json.WriteStartObject();
        WriteGateway();
        var isList = config.Models.Chain.Length > 1 || config.Models.Chain.Any(r => Address(r) is not null || Key(r) is not null);
        if (!isList && config.Models.Chain is [var only]) json.WriteString("defaultModel", only.ToString());
        if (config.Models.Allowlist is { } rules)
        {
            json.WriteStartObject("models");
            json.WriteStartArray("allowlist");
            foreach (var rule in rules) json.WriteStringValue(rule.ToString());
            json.WriteEndArray();
            json.WriteEndObject();
        }
        if (isList) WriteList();
        json.WriteEndObject();
        NoteMissing();
        foreach (var provider in config.Providers) NoteMissing(provider);
        CarriedOver.Note(context, context.Skipped.Concat(CarriedOver.Roots(context).Select(static m => m.Value)).Distinct().Concat(CarriedOver.OtherAgents(context).Select(static m => m.Value)));
    }

    private void Missing(string pointer, string what, string instead) => context.Problems.Add(ProblemSeverity.Error, 0, pointer, "the guides' dialect " + what, instead);

    private void WriteGateway()
    {
        var gateway = config.Gateway;
        if (gateway == new GatewayConfig()) return;
        json.WriteStartObject("gateway");
        json.WriteString("bind", gateway.Bind == BindMode.Custom ? "loopback" : NativeWriter.Bind(gateway.Bind));
        json.WriteNumber("port", gateway.Port);
        if (!gateway.AuthIsImplied) json.WriteBoolean("auth", gateway.Auth == AuthMode.Token);
        json.WriteEndObject();
        if (gateway.Bind == BindMode.Custom) Missing("/gateway/customBindHost", "cannot name one address to listen on, so it listens on loopback", "Write \"bind\": \"lan\", or keep a native file.");
        if (gateway.Token is { } token && token is not { Source: SecretSource.Env, Value: "OPENCLAW_GATEWAY_TOKEN" }) Missing("/gateway/auth/token", "has no token in the file", "Set OPENCLAW_GATEWAY_TOKEN.");
        var plain = new GatewayConfig { Bind = gateway.Bind, CustomBindHost = gateway.CustomBindHost, Port = gateway.Port, Auth = gateway.Auth, AuthIsImplied = gateway.AuthIsImplied, Token = gateway.Token };
        if (gateway != plain) Missing("/gateway", "has no bounds for body, requests, connections or draining", Keep);
    }

    private void WriteList()
    {
        json.WriteStartArray("llmConfig");
        foreach (var reference in config.Models.Chain)
        {
            json.WriteStartObject();
            json.WriteString("provider", reference.Provider);
            json.WriteString("model", reference.Model);
            if (Address(reference) is { } address) json.WriteString("baseURL", address);
            if (Api(reference) is { } api) json.WriteString("api", ApiText.Name(api));
            if (Key(reference) is { } key)
            {
                json.WritePropertyName("apiKey");
                SecretText.WriteReference(json, key);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>The address to write with an entry; null when the provider's own is found without it.</summary>
    private string? Address(ModelRef reference)
    {
        var provider = config.FindProvider(reference.Provider)!;
        if (provider.FindModel(reference.Model)?.BaseUrl is { } own) return own;
        var isPresets = ProviderCatalog.Find(provider.Id) is { } preset && preset.BaseUrl == provider.BaseUrl;
        return isPresets || provider.Api == ApiKind.Scripted ? null : provider.BaseUrl;
    }

    private ApiKind? Api(ModelRef reference)
    {
        var provider = config.FindProvider(reference.Provider)!;
        var api = provider.FindModel(reference.Model)?.Api ?? provider.Api;
        var usual = provider.Preset is { } id ? ProviderCatalog.Find(id)!.Api : ApiKind.OpenAiChat;
        return api == usual ? null : api;
    }

    private SecretConfig? Key(ModelRef reference)
    {
        var provider = config.FindProvider(reference.Provider)!;
        return provider.Keys is [var key, ..] && key is not { Source: SecretSource.Env } ? key : provider.Keys is [var variable, ..] && variable.Value != ApiText.KeyVariable(provider) ? variable : null;
    }

    private void NoteMissing()
    {
        if (!config.Models.Aliases.IsEmpty) Missing("/models/aliases", "has no aliases: " + string.Join(", ", config.Models.Aliases.Keys), Keep);
        if (!config.Models.ContentPolicyFallbacks.IsEmpty) Missing("/models/contentPolicyFallbacks", "has no fallbacks after a refusal", Keep);
        if (!config.Models.Prices.IsEmpty) Missing("/models/prices", "has no prices", Keep);
        if (!config.Models.AllowUnpriced.IsEmpty) Missing("/models/allowUnpriced", "has no budgets", Keep);
        if (config.Routing != new RoutingConfig()) Missing("/routing", "cannot be told clocks, retries or cooldown", Keep);
        if (!config.Budgets.IsEmpty) Missing("/budgets", "has no budgets", Keep);
        if (!config.Limits.IsEmpty) Missing("/limits", "has no limits", Keep);
        if (!config.Clients.IsEmpty) Missing("/clients", "has no clients", Keep);
        if (config.Guard != new GuardConfig()) Missing("/guard", "does not say what stops a session", Keep);
        if (config.Sessions != new SessionsConfig()) Missing("/sessions", "does not say how sessions are kept", Keep);
        if (config.Storage != new StorageConfig()) Missing("/storage", "does not say where usage is kept", Keep);
        if (!config.Alerts.IsEmpty) Missing("/alerts", "has no alerts", Keep);
    }

    private void NoteMissing(ProviderConfig provider)
    {
        var pointer = "/models/providers/" + ConfigNode.Escape(provider.Id);
        var isInChain = config.Models.Chain.Any(r => r.Provider == provider.Id);
        if (!isInChain && !(ApiText.IsAtHome(provider) && provider.Keys.IsEmpty))
        {
            Missing(pointer, $"can only say the address and key of a provider in the chain, and \"{provider.Id}\" is not", $"Set {Reading.ProviderVariables.Prefix(provider.Id)}_BASE_URL and {ApiText.KeyVariable(provider)}, or add it to the chain.");
        }
        if (provider.Keys.Length > 1) Missing(pointer + "/apiKeys", $"has one key for a provider, so {provider.Keys.Length - 1} are left out", $"Put them into {ApiText.KeyVariable(provider)}S, separated by commas.");
        if (provider.ModelsAreClosed) Missing(pointer + "/models", $"cannot close the list of models of \"{provider.Id}\"", "Use an allowlist.");
        var hasFacts = provider.Models.Any(static m => m != new ModelConfig { Id = m.Id, BaseUrl = m.BaseUrl, Api = m.Api, Name = m.Name, Input = m.Input } || !m.Input.IsEmpty);
        var bare = provider with { Keys = [], Models = [] };
        if (hasFacts || !ApiText.IsPlain(bare)) Missing(pointer, $"has no headers, clocks, preferences or facts of models for \"{provider.Id}\"", Keep);
    }
}
