namespace OpenClaw.Config.Keys;

internal static partial class KeyTable
{
    private static string[] Periods => ["request", "session", "hour", "day", "week", "month", "total"];

    private static Shape Routing() => Obj(
    [
        new("timeouts", Obj(
        [
            new("connect", Duration("5s"), "TCP and TLS."),
            new("headers", Duration("30s"), "To the answer's headers when it streams."),
            new("firstToken", Duration("30s"), "To the first meaningful frame of a stream."),
            new("idle", Duration("30s"), "Silence between two reads of a stream."),
            new("answer", Duration("90s"), "To the end of an answer that does not stream, while another target is left."),
            new("total", Duration("10m"), "The whole request."),
        ]), "The clocks of one attempt; a bare number is seconds."),
        new("retries", Integer(2, 0, 20), "Further tries on the same target."),
        new("deadline", Duration("60s"), "All attempts before the first token, together."),
        new("cooldown", Obj(
        [
            new("base", Duration("1s"), "The first pause of a failing target."),
            new("max", Duration("5m"), "The longest pause."),
        ]), "How long a failing target is left out."),
        new("continuation", Text("auto", "auto", "off"), "auto: an answer cut after its first token is finished by the next target."),
        new("hedging", Text("off", "off"), "off."),
        new("order", Text("listed", "listed"), "listed: targets are tried as written."),
        new("unsupported", Text("warn", "warn", "reject"), "What happens to what a target cannot carry."),
    ]);

    private static Shape Budget() => Obj(
    [
        new("name", Text("monthly"), "A name for reports."),
        new("scope", Text("gateway"), "gateway, client (each its own), client:NAME, session, request, provider:ID, model:REF, alias:NAME or tag:NAME."),
        .. BudgetKeys(),
    ]);

    private static IEnumerable<Key> BudgetKeys() =>
    [
        new("period", Text("month", [.. Periods]), "The time after which it starts anew."),
        new("limit", Number("50", 0, 1000000000000), "Dollars or tokens."),
        new("unit", Text("usd", "usd", "tokens"), "usd or tokens."),
        new("action", Text("block", "block", "downgrade", "warn"), "What happens at the limit."),
        new("to", Reference(), "For downgrade: an alias or a reference."),
        new("warnAt", List(Number("0.8", 0, 1), "[0.5, 0.8]"), "Shares of the limit at which alerts are sent."),
        new("timeZone", Text("Europe/Berlin"), "Where days and months begin; UTC by default."),
    ];

    private static Shape Limit() => Obj(
    [
        new("scope", Text("client"), "gateway, client (each its own), client:NAME, provider:ID or model:REF."),
        .. LimitKeys(),
    ]);

    private static IEnumerable<Key> LimitKeys() =>
    [
        new("requestsPerMinute", Integer(600, 1, 100000000), "Requests."),
        new("tokensPerMinute", Integer(200000, 1, 2000000000), "Tokens, prompt and answer."),
    ];

    private static Shape Guard() => Obj(
    [
        new("enabled", Flag(), "False: nothing is stopped."),
        new("spendPerMinute", Number("10", 0, 1000000), "Dollars a minute that a session may spend, two minutes in a row and not falling; 0 = no bound."),
        new("spendPerHour", Number("0", 0, 1000000), "Dollars that a session may spend in sixty minutes; 0 = no bound."),
        new("identicalRequests", Integer(10, 0, 100000), "The same request so often, nothing else in between; 0 = off."),
        new("errorLoop", Integer(5, 0, 100000), "The same large request failing so often; 0 = off."),
        new("heartbeat", Flag(), "False: heartbeats that nobody reads go on."),
        new("toolLoop", Integer(10, 0, 64), "The same tool calls with the same results so often; 0 = off."),
        new("loopSpend", Number("0.9", 0, 1000000), "Dollars that any of these loops may cost; 0 = only the counts hold."),
        new("cooldown", Duration("10m"), "How long a session is stopped the first time; doubled each time it goes on as before."),
    ]);

    private static Shape Client() => Obj(
    [
        new("name", Text("ci"), "Shown in reports; unique."),
        new("token", Secret(), "The token itself, or where it is."),
        new("tokenFile", Text("/run/secrets/ci-token"), "A file that holds it."),
        new("tokenEnv", Text("CI_TOKEN"), "A variable that holds it."),
        new("tokenHash", Text("sha256:…"), "Its SHA-256 in hexadecimal, so that the file holds no secret."),
        new("allow", References() with { RefusesNull = true }, "What this client may ask for, within the gateway's allowlist."),
        new("budgets", List(Obj([new("name", Text("ci-monthly"), "A name for reports."), .. BudgetKeys()]), "[{ \"period\": \"month\", \"limit\": 20 }]") with { RefusesNull = true }, "Budgets of this client alone."),
        new("limits", List(Obj([.. LimitKeys()]), "[{ \"requestsPerMinute\": 60 }]") with { RefusesNull = true }, "Rates of this client alone."),
        new("expires", Text("2027-01-31"), "From then on the token is not taken; a day or a time, UTC unless it says otherwise."),
    ]);

    private static Shape Sessions() => Obj(
    [
        new("from", List(Text("user", [.. SessionsConfig.Sources]), "[\"header\", \"user_id\"]") with { RefusesNull = true }, "What names a session, in this order: header (always first), user_id, user, prompt_cache_key."),
        new("retention", Duration("30d"), "After this time without a request a session is forgotten."),
        new("maxTranscript", Integer(196608, 1024, 240 * 1024), "Bytes of a conversation that the gateway holds; the oldest turns go first."),
        new("max", Integer(10000, 1, 10000), "Sessions kept; those not used for the longest time go first."),
        new("commands", Flag(), "False: slash commands go to the model as text."),
    ]);

    private static Shape Alert() => Obj(
    [
        new("url", Text("https://example.com/hook"), "Where alerts are posted."),
        new("secretEnv", Text("ALERT_SECRET"), "The variable with the key that signs them."),
    ]);
}
