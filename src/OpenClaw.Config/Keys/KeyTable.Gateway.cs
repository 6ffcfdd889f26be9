namespace OpenClaw.Config.Keys;

internal static partial class KeyTable
{
    private static Shape Gateway() => Obj(
    [
        new("bind", Text("loopback"), "loopback, lan, auto or custom."),
        new("customBindHost", Text("10.0.0.5"), "The address for bind custom."),
        new("port", Integer(18789, 1, 65535), "TCP port."),
        new("mode", Text("local", "local", "remote"), "Upstream's; local."),
        new("auth", new Shape(JsonTypes.Boolean | JsonTypes.Object)
        {
            Sample = "true",
            RefusesNull = true,
            Keys =
            [
                new("mode", Text("token", "token", "password", "none") with { Declined = ["trusted-proxy"] }, "token, password or none."),
                new("token", Secret(), "The token; else OPENCLAW_GATEWAY_TOKEN."),
                new("password", Secret(), "Used as the token in mode password."),
                .. Unused("allowTailscale", "identityScopes", "rateLimit", "trustedProxy"),
            ],
        }, "true: a token is required; or an object with mode and token."),
        new("maxBodyBytes", Integer(33554432, 1024, 1073741824), "Largest request body in bytes."),
        new("maxConcurrentRequests", Integer(4096, 1, 1000000), "Requests in flight at once."),
        new("maxConnections", Integer(8192, 1, 1000000), "Open client connections at once."),
        new("drainTimeout", Duration("25s"), "How long running answers may go on after SIGTERM."),
        .. Unused("tls", "trustedProxies", "roles", "tailscale", "remote", "http"),
        .. Ignored("controlUi", "reload", "tools", "nodes", "push", "channelHealthCheckMinutes", "handshakeTimeoutMs", "allowRealIpFallback", "webchat"),
    ]);

    private static Shape Agents() => Obj(
    [
        new("defaults", Obj(
        [
            new("model", new Shape(JsonTypes.String | JsonTypes.Object)
            {
                Sample = "\"anthropic/claude-opus-4\"",
                Keys =
                [
                    new("primary", Reference(), "The default model."),
                    new("fallbacks", References(), "Tried in this order when the primary fails."),
                ],
            }, "The default model, or {primary, fallbacks}.") { MeantBy = ["fallbacks", "fallback", "modelFallback", "modelFallbacks", "defaultModel", "primary", "primaryModel"] },
            new("models", Map(new Shape(JsonTypes.Object)
            {
                Sample = "{ \"alias\": \"opus\" }",
                Keys =
                [
                    new("alias", Text("opus"), "A short name for this model."),
                    new("params", AnyObject(), "extra_body: vendor fields merged into requests."),
                    .. Ignored("agentRuntime", "pickerRuntimes", "codeMode", "streaming"),
                ],
            }, "{ \"anthropic/claude-opus-4\": { \"alias\": \"opus\" } }"), "Per model: its alias."),
            new("modelPolicy", new Shape(JsonTypes.Object)
            {
                Sample = "{ \"allow\": [\"openai/*\"] }",
                RefusesNull = true,
                Keys = [new("allow", References() with { RefusesNull = true }, "The allowlist: references, provider/*, aliases.")],
            }, "Which models may be used.") { MeantBy = ["allow", "allowlist", "allowedModels", "modelAllowlist"] },
        ]) with { IsOpen = true }, "What holds for every agent.") { MeantBy = ["model", "models", "modelPolicy", "fallbacks", "modelFallbacks"] },
        new("entries", Anything() with { Values = Agent() }, "Upstream's agents by id. They share the gateway's chain and allowlist: what one of them has of its own is told."),
        new("list", Anything() with { Items = Agent() }, "Upstream's older list of agents; as entries."),
    ]) with { IsOpen = true };

    /// <summary>What an agent of upstream's could have of its own, known here only so that it is not dropped in silence.</summary>
    private static Shape Agent() => Anything() with
    {
        Keys =
        [
            new("model", Anything(), "Upstream's; not used, with a warning: all agents share agents.defaults.model."),
            new("fallbacks", Anything(), "Upstream's; not used, with a warning."),
            new("models", Anything(), "Upstream's; not used by this gateway."),
            new("modelPolicy", Anything() with { Keys = [new("allow", Anything(), "Upstream's; one that allows less than agents.defaults.modelPolicy is an error.")] }, "Upstream's allowlist of one agent; not enforced here."),
        ],
    };
}
