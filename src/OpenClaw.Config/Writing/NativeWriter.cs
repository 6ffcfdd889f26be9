using System.Text.Json;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Writing;

/// <summary>Writes a configuration in the native dialect: what a file says, or (<see cref="IsComplete"/>) what is in force.</summary>
internal sealed partial class NativeWriter(Utf8JsonWriter json, Action<Utf8JsonWriter, SecretConfig> writeSecret)
{
    /// <summary>True: defaults and every provider are written out. False: only what differs from them.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>The members of the root object, which the caller opens and closes.</summary>
    public void WriteMembers(OpenClawConfig config)
    {
        WriteGateway(config.Gateway);
        if (config.Models.Chain is [var first, ..]) json.WriteString("defaultModel", first.ToString());
        WriteModels(config);
        if (IsComplete || config.Routing != new RoutingConfig()) WriteRouting(config.Routing);
        WriteBudgets(config);
        WriteLimits(config);
        WriteClients(config);
        if (IsComplete || config.Guard != new GuardConfig()) WriteGuard(config.Guard);
        if (IsComplete || config.Storage != new StorageConfig())
        {
            json.WriteStartObject("storage");
            var (storage, defaults) = (config.Storage, new StorageConfig());
            json.WriteString("url", IsComplete ? WithoutPassword(storage.Url) : storage.Url);
            if (IsComplete || storage.Retention != defaults.Retention) json.WriteString("retention", DurationText.Write(storage.Retention));
            if (IsComplete || storage.MaxBytes != defaults.MaxBytes) json.WriteString("maxSize", SizeText.Write(storage.MaxBytes));
            json.WriteEndObject();
        }
        if (IsComplete || config.Sessions != new SessionsConfig()) WriteSessions(config.Sessions);
        WriteAlerts(config);
    }

    private void WriteGateway(GatewayConfig gateway)
    {
        var defaults = new GatewayConfig();
        if (!IsComplete && gateway == defaults) return;
        json.WriteStartObject("gateway");
        json.WriteString("bind", Bind(gateway.Bind));
        if (gateway.CustomBindHost is { } host) json.WriteString("customBindHost", host);
        json.WriteNumber("port", gateway.Port);
        WriteAuth(gateway);
        if (IsComplete || gateway.MaxBodyBytes != defaults.MaxBodyBytes) json.WriteNumber("maxBodyBytes", gateway.MaxBodyBytes);
        if (IsComplete || gateway.MaxConcurrentRequests != defaults.MaxConcurrentRequests) json.WriteNumber("maxConcurrentRequests", gateway.MaxConcurrentRequests);
        if (IsComplete || gateway.MaxConnections != defaults.MaxConnections) json.WriteNumber("maxConnections", gateway.MaxConnections);
        if (IsComplete || gateway.DrainTimeout != defaults.DrainTimeout) json.WriteString("drainTimeout", DurationText.Write(gateway.DrainTimeout));
        json.WriteEndObject();
    }

    public static string Bind(BindMode bind) => bind switch
    {
        BindMode.Lan => "lan",
        BindMode.Auto => "auto",
        BindMode.Custom => "custom",
        _ => "loopback",
    };

    private void WriteAuth(GatewayConfig gateway)
    {
        if (gateway.Token is { } token && gateway.Auth == AuthMode.Token)
        {
            json.WriteStartObject("auth");
            json.WriteString("mode", "token");
            WriteSecret("token", token);
            json.WriteEndObject();
        }
        // Implied it is asked for where there is a token, which the environment may have.
        else if (!gateway.AuthIsImplied)
        {
            json.WriteBoolean("auth", gateway.Auth == AuthMode.Token);
        }
    }

    private void WriteModels(OpenClawConfig config)
    {
        var models = config.Models;
        var providers = config.Providers.Where(p => IsComplete || !ApiText.IsAtHome(p) || !ApiText.IsPlain(p)).ToList();
        var isEmpty = models.Chain.Length < 2 && models.Allowlist is null && models.Aliases.IsEmpty && models.ContentPolicyFallbacks.IsEmpty && models.Prices.IsEmpty && models.AllowUnpriced.IsEmpty && providers.Count == 0;
        if (isEmpty) return;
        json.WriteStartObject("models");
        WriteReferences("fallbacks", models.Chain.Skip(1).ToList());
        if (models.Allowlist is { } rules) WriteStrings("allowlist", rules.Select(static r => r.ToString()));
        if (!models.Aliases.IsEmpty)
        {
            json.WriteStartObject("aliases");
            foreach (var (name, targets) in models.Aliases)
            {
                if (!models.ListAliases.Contains(name)) json.WriteString(name, targets[0].ToString());
                else WriteStrings(name, targets.Select(static t => t.ToString()));
            }
            json.WriteEndObject();
        }
        WriteReferences("contentPolicyFallbacks", models.ContentPolicyFallbacks);
        if (!models.Prices.IsEmpty)
        {
            json.WriteStartObject("prices");
            foreach (var (reference, price) in models.Prices) PriceWriter.Write(json, reference, price);
            json.WriteEndObject();
        }
        if (!models.AllowUnpriced.IsEmpty) WriteStrings("allowUnpriced", models.AllowUnpriced.Select(static r => r.ToString()));
        if (providers.Count > 0)
        {
            json.WriteStartObject("providers");
            foreach (var provider in providers) WriteProvider(provider);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private void WriteProvider(ProviderConfig provider)
    {
        if (provider.ScriptJson is { } script && !IsComplete)
        {
            json.WritePropertyName(provider.Id);
            json.WriteRawValue(script);
            return;
        }
        json.WriteStartObject(provider.Id);
        json.WriteString("baseUrl", provider.BaseUrl);
        if (IsComplete || !ApiText.IsAtHome(provider)) json.WriteString("api", ApiText.Name(provider.Api));
        if (provider.Keys.Length == 1) WriteSecret("apiKey", provider.Keys[0]);
        if (provider.Keys.Length > 1)
        {
            json.WriteStartArray("apiKeys");
            foreach (var key in provider.Keys) writeSecret(json, key);
            json.WriteEndArray();
        }
        WriteHeaders(provider);
        if (provider.AuthHeader is { } authHeader) json.WriteBoolean("authHeader", authHeader);
        if (provider.Timeout is { } timeout) json.WriteNumber("timeoutSeconds", (decimal)timeout.TotalSeconds);
        if (provider.Prefill is { } prefill) json.WriteBoolean("prefill", prefill);
        WriteRaw("routing", provider.RoutingPreferencesJson);
        WriteExtraBody(provider.ExtraBodyJson);
        WriteProviderModels(provider);
        json.WriteEndObject();
    }

    private void WriteHeaders(ProviderConfig provider)
    {
        if (provider.Headers.IsEmpty) return;
        json.WriteStartObject("headers");
        foreach (var (name, value) in provider.Headers) WriteSecret(name, value);
        json.WriteEndObject();
    }

    private void WriteProviderModels(ProviderConfig provider)
    {
        if (provider.Models.IsEmpty) return;
        if (!provider.ModelsAreClosed) json.WriteBoolean("open", true);
        json.WriteStartArray("models");
        foreach (var model in provider.Models)
        {
            json.WriteStartObject();
            json.WriteString("id", model.Id);
            if (model.Name is { } name) json.WriteString("name", name);
            WriteModelFacts(json, model);
            if (model.RoutingPreferencesJson is { } routing)
            {
                json.WriteStartObject("compat");
                WriteRaw("openRouterRouting", routing);
                json.WriteEndObject();
            }
            WriteExtraBody(model.ExtraBodyJson);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>The members that native and upstream files share.</summary>
    public static void WriteModelFacts(Utf8JsonWriter json, ModelConfig model)
    {
        if (model.Api is { } api) json.WriteString("api", ApiText.Name(api));
        if (model.BaseUrl is { } baseUrl) json.WriteString("baseUrl", baseUrl);
        if (model.ContextWindow is { } window) json.WriteNumber("contextWindow", window);
        if (model.MaxTokens is { } tokens) json.WriteNumber("maxTokens", tokens);
        if (!model.Input.IsEmpty)
        {
            json.WriteStartArray("input");
            foreach (var input in model.Input) json.WriteStringValue(input);
            json.WriteEndArray();
        }
        if (model.Reasoning is { } reasoning) json.WriteBoolean("reasoning", reasoning);
        if (model.Cost is { } cost) PriceWriter.Write(json, "cost", cost);
    }

    private void WriteExtraBody(string? body)
    {
        if (body is null) return;
        json.WriteStartObject("params");
        if (IsComplete) WriteStrings("extra_body", FieldNames(body));
        else WriteRaw("extra_body", body);
        json.WriteEndObject();
    }

    /// <summary>For display: vendor fields may hold what came from a variable.</summary>
    private static List<string> FieldNames(string body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.EnumerateObject().Select(static p => p.Name).ToList();
    }

    private void WriteRaw(string name, string? raw)
    {
        if (raw is null) return;
        json.WritePropertyName(name);
        json.WriteRawValue(raw);
    }

    private void WriteSecret(string name, SecretConfig secret)
    {
        json.WritePropertyName(name);
        writeSecret(json, secret);
    }

    private void WriteReferences(string name, IReadOnlyCollection<ModelRef> references)
    {
        if (references.Count > 0) WriteStrings(name, references.Select(static r => r.ToString()));
    }

    private void WriteStrings(string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    /// <summary>For display: a database address without its password and without its query, which may hold one too.</summary>
    private static string WithoutPassword(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal) + 3;
        if (start < 3) return url;
        var at = url.LastIndexOf('@');
        var query = url.IndexOf('?', at < 0 ? 0 : at);
        var shown = query < 0 ? url : url[..query] + "?…";
        var colon = at <= start ? -1 : url.IndexOf(':', start, at - start);
        return colon < 0 ? shown : shown[..colon] + ":…" + shown[at..];
    }
}
