using System.Collections.Immutable;

namespace OpenClaw.Config.Keys;

/// <summary>
/// Every key that <c>openclaw.json</c> may hold, in all three dialects. The one source of the unknown-key check, the type
/// check and the schema. This file: the kinds of value and the root; sections are in the other files of the class.
/// </summary>
internal static partial class KeyTable
{
    public static Shape Root { get; } = BuildRoot();

    private static Shape BuildRoot() => Obj(
    [
        new("$schema", Text("https://…/openclaw.schema.json"), "Where editors find the schema."),
        new("gateway", Gateway(), "Where the gateway listens and who may call it."),
        new("defaultModel", Text("anthropic/claude-sonnet-4-20250514"), "The model that answers when a request names none: a reference or an alias."),
        new("models", Models(), "Allowlist, fallbacks, aliases, prices and providers."),
        new("llmConfig", List(LlmEntry(), "[{ \"provider\": \"openai\", \"model\": \"gpt-4o\" }]"), "Models in the order in which they are tried."),
        new("agents", Agents(), "Upstream's place for the default model, its fallbacks, aliases and the allowlist."),
        new("secrets", Secrets(), "Files that SecretRef objects point into."),
        new("routing", Routing(), "Clocks, retries, cooldown and continuation."),
        new("budgets", List(Budget(), "[{ \"scope\": \"gateway\", \"period\": \"month\", \"limit\": 50 }]") with { RefusesNull = true }, "Spending limits, checked before a request is sent."),
        new("limits", List(Limit(), "[{ \"scope\": \"client\", \"requestsPerMinute\": 600 }]") with { RefusesNull = true }, "Rates per minute."),
        new("clients", List(Client(), "[{ \"name\": \"ci\", \"tokenEnv\": \"CI_TOKEN\" }]") with { RefusesNull = true }, "Callers with a token and an allowlist of their own."),
        new("guard", Guard(), "What stops a session that runs away."),
        new("storage", Obj(
        [
            new("url", Text("sqlite:openclaw.db"), "sqlite:FILE, postgres://…, or none: requests are not written down."),
            new("retention", Duration("90d"), "How long each request has a row of its own; daily sums stay for three years."),
            new("maxSize", new Shape(JsonTypes.String | JsonTypes.Number) { Sample = "\"1GB\"", Min = 0 }, "Above this the oldest rows become daily sums early."),
        ]), "Where usage and sessions are kept."),
        new("sessions", Sessions(), "What names a session, and how long and how large sessions are kept."),
        new("alerts", List(Alert(), "[{ \"url\": \"https://example.com/hook\" }]"), "Addresses that are told of budgets and outages."),
        new("env", Obj([new("vars", Map(Text("value")), "Variables for ${…}, behind those of the process.")]) with { IsOpen = true }, "Upstream's variables for ${…}."),
        new("meta", Obj([new("migrations", Obj([new("modelPolicyAllowlist", Flag(), "True: agents.defaults.models is no allowlist.")]) with { IsOpen = true }, "Upstream's marks of what was migrated.")]) with { IsOpen = true }, "Upstream's bookkeeping."),
        .. Ignored("auth", "wizard", "diagnostics", "logging", "update", "telemetry", "browser", "ui", "accessGroups", "acp", "nodeHost",
            "tools", "security", "bindings", "broadcast", "attachments", "messages", "tts", "commands", "approvals", "session", "cron",
            "transcripts", "hooks", "channels", "discovery", "talk", "cloudWorkers", "desktop", "memory", "mcp", "skills", "plugins",
            "surfaces", "proxy", "worktree", "worktrees", "audio", "media", "web", "canvasHost"),
    ]);

    private static Shape Text(string sample, params ImmutableArray<string> words) =>
        new(JsonTypes.String) { Sample = $"\"{sample}\"", Words = words };

    private static Shape Flag() => new(JsonTypes.Boolean) { Sample = "true" };

    private static Shape Integer(int sample, decimal min, decimal max) =>
        new(JsonTypes.Number) { Sample = sample.ToString(System.Globalization.CultureInfo.InvariantCulture), IsInteger = true, Min = min, Max = max };

    private static Shape Number(string sample, decimal min, decimal max) => new(JsonTypes.Number) { Sample = sample, Min = min, Max = max };

    private static Shape Duration(string sample) => new(JsonTypes.String | JsonTypes.Number) { Sample = $"\"{sample}\"", Min = 0 };

    private static Shape Obj(ImmutableArray<Key> keys) => new(JsonTypes.Object) { Sample = "{ … }", Keys = keys };

    private static Shape Map(Shape values, string sample = "{ … }") => new(JsonTypes.Object) { Sample = sample, Values = values };

    private static Shape List(Shape items, string sample) => new(JsonTypes.Array) { Sample = sample, Items = items };

    private static Shape Anything() => new(JsonTypes.Any) { Sample = "{ … }", IsOpen = true };

    private static Shape AnyObject() => new(JsonTypes.Object) { Sample = "{ … }", IsOpen = true };

    private static Shape Reference() => Text("provider/model");

    private static Shape References() => List(Reference(), "[\"provider/model\"]");

    /// <summary>A secret: text, <c>"${VAR}"</c>, or a SecretRef object.</summary>
    private static Shape Secret() => new(JsonTypes.String | JsonTypes.Object)
    {
        Sample = "\"${OPENAI_API_KEY}\"",
        Keys =
        [
            new("source", Text("env"), "env or file."),
            new("provider", Text("default"), "For file: the name under secrets.providers."),
            new("id", Text("OPENAI_API_KEY"), "The variable's name, or a JSON pointer into the file."),
            new("path", Text("/run/secrets/key"), "For file: the path itself, without secrets.providers."),
        ],
    };

    private static IEnumerable<Key> Ignored(params string[] names) =>
        names.Select(static n => new Key(n, Anything(), "Upstream's; not used by this gateway.") { Use = KeyUse.Ignored });

    private static IEnumerable<Key> Unused(params string[] names) =>
        names.Select(static n => new Key(n, Anything(), "Upstream's; not used by this gateway.") { Use = KeyUse.Unused });

    private static Shape Secrets() => Obj(
    [
        new("providers", Map(Obj(
        [
            new("source", Text("file"), "file or env."),
            new("path", Text("/run/secrets/keys.json"), "The file."),
            new("mode", Text("json", "json", "singleValue"), "json: ids are pointers; singleValue: the whole file is the secret."),
            .. Ignored("timeoutMs", "maxBytes", "allowlist", "allowInsecurePath", "command", "args", "env", "passEnv", "trustedDirs", "jsonOnly"),
        ])), "Files with secrets, by name."),
        .. Ignored("defaults", "resolution", "egressProxy"),
    ]);
}
