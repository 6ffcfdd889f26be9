namespace OpenClaw.Config.Keys;

internal static partial class KeyTable
{
    public static string[] ApiNames => ["openai-completions", "openai-responses", "anthropic-messages", "google-generative-ai", "ollama", "scripted"];

    private static Shape Models() => Obj(
    [
        new("allowlist", References() with { RefusesNull = true }, "What may be asked for: references and provider/prefix*. Without it: everything configured."),
        new("fallbacks", References(), "Tried in this order when the default model fails."),
        new("aliases", Map(new Shape(JsonTypes.String | JsonTypes.Array) { Sample = "\"provider/model\"", Items = Reference() }), "A name for a reference, or for a chain of them."),
        new("contentPolicyFallbacks", References(), "Tried when a provider refuses for its content policy."),
        new("prices", Map(Price(), "{ \"openai/my-model\": { \"input\": 1.0, \"output\": 4.0 } }"), "Dollars per million tokens, over the catalogue."),
        new("allowUnpriced", References(), "Models without a price (references and provider/prefix*) that may run under a budget in dollars, which cannot count them."),
        new("mode", Text("merge", "merge", "replace"), "Upstream's; providers with a list of models serve only these."),
        new("providers", Map(Provider(), "{ \"local\": { \"baseUrl\": \"http://localhost:8000/v1\" } }"), "Providers of your own, and settings of the known ones."),
        .. Ignored("catalogRefresh"),
    ]);

    private static Shape Provider() => Obj(
    [
        BaseUrl(),
        Api(),
        new("apiKey", Secret(), "The key."),
        new("apiKeys", List(Secret(), "[\"${OPENAI_API_KEY_1}\", \"${OPENAI_API_KEY_2}\"]"), "Several keys, tried in this order."),
        new("headers", Map(Secret(), "{ \"x-team\": \"search\" }"), "Extra request headers."),
        new("authHeader", Flag(), "True: the key goes into Authorization: Bearer. False: no authorization header."),
        new("timeoutSeconds", Number("60", 0.001m, 86400), "Limit for one call to this provider, its answer included; then the next target is asked."),
        new("prefill", Flag(), "True: the server continues an assistant message at the end of the prompt."),
        new("routing", AnyObject(), "OpenRouter's provider preferences (order, only, ignore, sort, …)."),
        new("provider", AnyObject(), "The same as routing, under OpenRouter's own name."),
        new("params", AnyObject(), "extra_body: vendor fields merged into requests; provider: OpenRouter's preferences."),
        new("models", List(Model(), "[{ \"id\": \"llama3.2\", \"name\": \"Llama 3.2\" }]") with { RefusesNull = true }, "The models it serves. Without it: whatever is asked for."),
        new("open", Flag(), "True: models beyond the list are served too."),
        .. Unused("region", "request", "localService", "maxTokens"),
        .. Ignored("auth", "injectNumCtxForOpenAICompat", "agentRuntime", "contextWindow"),
    ]) with { FreeWhenApi = "scripted" };

    private static Key BaseUrl() =>
        new("baseUrl", Text("http://localhost:11434/v1"), "Absolute http(s) address.") { Spellings = ["baseURL"] };

    private static Key Api() => new("api", Text("openai-completions"), "The protocol: " + string.Join(", ", ApiNames) + ".");

    private static Shape Model() => Obj(
    [
        new("id", Text("llama3.2"), "The model's name at the provider."),
        new("name", Text("Llama 3.2"), "A name for people."),
        Api(),
        BaseUrl(),
        new("contextWindow", Integer(128000, 1, 100000000), "Tokens, prompt and answer together."),
        new("maxTokens", Integer(8192, 1, 100000000), "Largest answer in tokens."),
        new("input", List(Text("text", "text", "image", "audio", "video", "document"), "[\"text\", \"image\"]"), "What it can be sent."),
        new("reasoning", Flag(), "True for a model that thinks before it answers."),
        new("cost", Price(), "Dollars per million tokens."),
        new("params", AnyObject(), "extra_body: vendor fields merged into requests."),
        new("compat", new Shape(JsonTypes.Object)
        {
            Sample = "{ … }",
            IsOpen = true,
            Keys = [new("openRouterRouting", AnyObject(), "OpenRouter's provider preferences.")],
        }, "Upstream's quirks."),
        .. Unused("headers", "contextTokens"),
        .. Ignored("thinkingLevelMap", "agentRuntime", "mediaInput"),
    ]);

    private static Shape Price() => Obj(
    [
        .. TokenPrices(),
        new("reasoning", Dollars("15.0"), "Reasoning tokens; without it as the answer."),
        new("audioInput", Dollars("3.0"), "Audio tokens of the prompt; without it as input."),
        new("audioOutput", Dollars("12.0"), "Audio tokens of the answer; without it as output."),
        new("imageInput", Dollars("3.0"), "Image tokens of the prompt; without it as input."),
        new("imageOutput", Dollars("30.0"), "Image tokens of the answer; without it as output."),
        new("webSearch", Dollars("10.0"), "Dollars per thousand searches that the provider runs."),
        new("request", Dollars("5.0"), "Dollars per thousand calls."),
        new("tiers", List(Tier(), "[{ \"above\": 200000, \"input\": 6.0, \"output\": 22.5 }]"), "Prices of long prompts, for every token of the call."),
        new("tieredPricing", List(UpstreamTier(), "[{ \"input\": 3.0, \"output\": 15.0, \"range\": [0, 200000] }, { \"input\": 6.0, \"output\": 22.5, \"range\": [200000] }]"), "Upstream's form of tiers."),
    ]);

    private static Shape UpstreamTier() => Obj(
    [
        new("range", List(Integer(200000, 0, 100000000), "[0, 200000]"), "From which size of the prompt to which, in tokens; the last one without an end."),
        .. TokenPrices(),
    ]);

    private static Shape Tier() => Obj([new("above", Integer(200000, 1, 100000000), "Holds for prompts of more tokens than this."), .. TokenPrices()]);

    private static Key[] TokenPrices() =>
    [
        new("input", Dollars("3.0"), "Prompt tokens."),
        new("output", Dollars("15.0"), "Answer tokens."),
        new("cacheRead", Dollars("0.3"), "Prompt tokens read from the provider's cache; without it as input."),
        new("cacheWrite", Dollars("3.75"), "Prompt tokens written to the provider's cache; without it as input, for Anthropic 1.25 times that."),
        new("cacheWrite1h", Dollars("6.0"), "Written to a cache that lives an hour; without it as cacheWrite, for Anthropic twice the input."),
    ];

    private static Shape Dollars(string sample) => Number(sample, 0, 1000000);

    private static Shape LlmEntry() => Obj(
    [
        new("provider", Text("openai"), "The provider's id."),
        new("model", Text("llama3.2"), "The model's name at the provider."),
        BaseUrl(),
        Api(),
        new("apiKey", Secret(), "A key for this entry."),
    ]);
}
