using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Routing;

public class FailureClassifierTests
{
    private static readonly DateTimeOffset s_now = new(2026, 9, 20, 12, 0, 0, TimeSpan.Zero);

    internal static UpstreamFailure Classify(
        ApiKind api, int status, string body, string contentType = "application/json", params (string Name, string Value)[] headers) =>
        FailureClassifier.FromResponse(
            api, "acme", status, name => headers.FirstOrDefault(h => h.Name == name).Value, Encoding.UTF8.GetBytes(body), contentType, s_now);

    [Theory]
    // OpenAI
    [InlineData(429, """{"error":{"message":"You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}""", "QuotaExhausted")]
    [InlineData(429, """{"error":{"message":"Your account is not active, please check your billing details on our website.","type":"billing_not_active","param":null,"code":"billing_not_active"}}""", "QuotaExhausted")]
    [InlineData(429, """{"error":{"message":"Rate limit reached for gpt-4o in organization org-abc on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s. Visit https://platform.openai.com/account/rate-limits to learn more.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}""", "RateLimited")]
    [InlineData(429, """{"error":{"message":"Request too large for gpt-4o in organization org-abc on tokens per min (TPM): Limit 30000, Requested 41000. The input or output tokens must be reduced in order to run successfully.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens. Please reduce the length of the messages.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""", "ContextTooLong")]
    [InlineData(404, """{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}""", "ModelGone")]
    [InlineData(403, """{"error":{"message":"Project `proj_1` does not have access to model `gpt-5`","type":"invalid_request_error","param":null,"code":"model_not_found"}}""", "ModelGone")]
    [InlineData(400, """{"error":{"message":"Your request was rejected as a result of our safety system.","type":"invalid_request_error","param":null,"code":"content_policy_violation"}}""", "Policy")]
    [InlineData(400, """{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400}}""", "Policy")]
    [InlineData(400, """{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt","type":"invalid_request_error","param":null,"code":"invalid_prompt"}}""", "Policy")]
    [InlineData(400, """{"error":{"message":"The encrypted content gAAA could not be verified.","type":"invalid_request_error","param":null,"code":"invalid_encrypted_content"}}""", "Signature")]
    [InlineData(400, """{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"Unsupported value: 'temperature' does not support 0.2 with this model.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"max_tokens is too large: 200000. This model supports at most 16384 completion tokens, whereas you provided 200000.","type":"invalid_request_error","param":"max_tokens","code":null}}""", "Unsupported")]
    [InlineData(500, """{"error":{"message":"The server had an error while processing your request. Sorry about that!","type":"server_error","param":null,"code":null}}""", "ServerError")]
    [InlineData(503, """{"error":{"message":"The engine is currently overloaded, please try again later","type":"server_error","param":null,"code":null}}""", "Overloaded")]
    [InlineData(503, """{"error":{"message":"Slow down.","type":"service_unavailable_error","param":null,"code":"slow_down"}}""", "Overloaded")]
    [InlineData(401, """{"error":{"message":"Incorrect API key provided: sk-abc***xyz. You can find your API key at https://platform.openai.com/account/api-keys.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}""", "Credential")]
    [InlineData(403, """{"error":{"message":"Country, region, or territory not supported","type":"request_forbidden","param":null,"code":"unsupported_country_region_territory"}}""", "ModelGone")]
    [InlineData(400, """{"error":{"message":"Invalid type for 'messages[0].content'","type":"invalid_request_error","param":"messages[0].content","code":"invalid_type"}}""", "BadRequest")]
    [InlineData(404, """{"error":{"message":"Previous response with id 'resp_1' not found.","type":"invalid_request_error","param":"previous_response_id","code":"previous_response_not_found"}}""", "BadRequest")]
    [InlineData(409, """{"error":{"message":"conflict","type":"conflict","param":null,"code":null}}""", "ServerError")]
    // Groq, Mistral, DeepSeek, xAI, Azure
    [InlineData(413, """{"error":{"message":"Request too large for model `llama-3.1-8b-instant` in organization `org_1` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 11043, please reduce your message size and try again.","type":"tokens","code":"rate_limit_exceeded"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"The model `mixtral-8x7b-32768` has been decommissioned and is no longer supported.","type":"invalid_request_error","code":"model_decommissioned"}}""", "ModelGone")]
    [InlineData(400, """{"object":"error","message":"Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant","type":"invalid_request_error","param":null,"code":null}""", "PrefillRefused")]
    [InlineData(401, """{"message":"Unauthorized","request_id":"1"}""", "Credential")]
    [InlineData(402, """{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}""", "QuotaExhausted")]
    [InlineData(400, """{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***zz. You can obtain an API key from https://console.x.ai."}""", "Credential")]
    [InlineData(403, """{"code":"The caller does not have permission to execute the specified operation","error":"Your newly created teams doesn't have any credits yet."}""", "QuotaExhausted")]
    [InlineData(400, """{"error":{"message":"Unrecognized request argument supplied: reasoning_effort","type":"invalid_request_error","param":null,"code":null}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions. Please use /v1/responses instead.","type":"invalid_request_error","param":"reasoning_effort","code":null}}""", "Unsupported")]
    [InlineData(400, """{"code":"Client specified an invalid argument","error":"Model grok-4 does not support parameter reasoningEffort."}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"Invalid 'user': string too long. Expected a string with maximum length 64, but got a string with length 129 instead.","type":"invalid_request_error","param":"user","code":"string_above_max_length"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"Invalid 'tools[0].function.name': string too long.","type":"invalid_request_error","param":"tools[0].function.name","code":"string_above_max_length"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"Invalid 'messages[2].tool_calls[0].id': string too long.","type":"invalid_request_error","param":"messages[2].tool_calls[0].id","code":"string_above_max_length"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"Invalid 'messages[1].content': string too long.","type":"invalid_request_error","param":"messages[1].content","code":"string_above_max_length"}}""", "ContextTooLong")]
    [InlineData(400, """{"error":{"message":"string too long","type":"invalid_request_error","param":null,"code":"string_above_max_length"}}""", "ContextTooLong")]
    [InlineData(400, """{"object":"error","message":"Tool call id was call_8f2b1c but must be a-z, A-Z, 0-9, with a length of 9.","type":"invalid_request_error","param":null,"code":"3280"}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"The `reasoning_content` in the thinking mode must be passed back to the API.","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"Missing `reasoning_content` field in the assistant message at message index 2.","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"thinking is enabled but reasoning_content is missing in assistant tool call message at index 2","type":"invalid_request_error"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"This response_format type is unavailable now","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"message":"'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property 'reasoning_content' is unsupported)]","type":"invalid_request_error"}}""", "Signature")]
    [InlineData(400, """{"error":{"message":"'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2.tool_calls.0' : property 'extra_content' is unsupported)]","type":"invalid_request_error"}}""", "Signature")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: Invalid `data` in `redacted_thinking` block"}}""", "Signature")]
    [InlineData(400, """{"error":{"code":400,"message":"Corrupted thought signature.","status":"INVALID_ARGUMENT"}}""", "Signature")]
    [InlineData(400, """{"error":{"message":"Unknown parameter: 'messages[1].reasoning_content'.","type":"invalid_request_error","param":"messages[1].reasoning_content","code":"unknown_parameter"}}""", "Signature")]
    [InlineData(422, """{"detail":[{"type":"extra_forbidden","loc":["body","messages",1,"assistant","reasoning_content"],"msg":"Extra inputs are not permitted","input":"hm"}]}""", "Signature")]
    [InlineData(422, """{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","reasoning_effort"],"msg":"Extra inputs are not permitted","input":"high"}]},"type":"invalid_request_error","code":"1000"}""", "Unsupported")]
    [InlineData(422, """{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192. Given: 9000 `inputs` tokens and 512 `max_new_tokens`","error_type":"validation"}""", "ContextTooLong")]
    [InlineData(422, """{"error":"Input validation error: `inputs` must have less than 4096 tokens. Given: 5000","error_type":"validation"}""", "ContextTooLong")]
    // OpenRouter
    [InlineData(402, """{"error":{"message":"This request would exceed your available credits given your current in-flight requests. Retry after in-flight requests settle, or add credits.","code":402,"metadata":{"reason":"in_flight_budget_exhausted","limit_source":"openrouter_in_flight_budget"}}}""", "RateLimited")]
    [InlineData(402, """{"error":{"message":"This request weighs more than your budget","code":402,"metadata":{"reason":"weight_exceeds_budget","limit_source":"openrouter_in_flight_budget"}}}""", "QuotaExhausted")]
    [InlineData(402, """{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 2000.","code":402,"metadata":{"limit_source":"openrouter_credits"}}}""", "QuotaExhausted")]
    [InlineData(403, """{"error":{"message":"Key limit exceeded (monthly limit)","code":403,"metadata":{"limit_source":"openrouter_key_limit"}}}""", "QuotaExhausted")]
    [InlineData(403, """{"error":{"message":"Budget of workspace reached","code":403,"metadata":{"limit_source":"openrouter_workspace_budget","scope":"workspace","limit_usd":5,"spend_usd":5.2,"resets_at":"2026-09-21T00:00:00Z"}}}""", "QuotaExhausted")]
    [InlineData(403, """{"error":{"message":"Your chosen model requires moderation and your input was flagged","code":403,"metadata":{"reasons":["violence"],"flagged_input":"…","provider_name":"OpenAI","model_slug":"openai/gpt-4o"}}}""", "Policy")]
    [InlineData(403, """{"error":{"message":"Blocked by a guardrail","code":403,"metadata":{"patterns":["secret"]}}}""", "Policy")]
    [InlineData(403, """{"error":{"message":"Provider returned error","code":403,"metadata":{"provider_name":"Azure"}}}""", "ServerError")]
    [InlineData(429, """{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"google/gemini-2.0-flash:free is temporarily rate-limited upstream. Please retry shortly, or add your own key.","provider_name":"Google"}}}""", "RateLimited")]
    [InlineData(429, """{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1789948800000"},"provider_name":null}}}""", "QuotaExhausted")]
    [InlineData(400, """{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens\"}}","provider_name":"DeepInfra"}}}""", "ContextTooLong")]
    [InlineData(400, """{"error":{"message":"nope is not a valid model ID","code":400}}""", "ModelGone")]
    [InlineData(404, """{"error":{"message":"No endpoints found that support tool use. To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing","code":404}}""", "Unsupported")]
    [InlineData(404, """{"error":{"message":"No endpoints found for acme/gone.","code":404}}""", "ModelGone")]
    [InlineData(502, """{"error":{"message":"Provider disconnected","code":502,"metadata":{"error_type":"provider_unavailable"}}}""", "ServerError")]
    [InlineData(524, """{"error":{"message":"timeout","code":524,"metadata":{"error_type":"timeout"}}}""", "ServerError")]
    [InlineData(529, """{"error":{"message":"busy","code":529,"metadata":{"error_type":"provider_overloaded"}}}""", "Overloaded")]
    // vLLM and llama-server
    [InlineData(400, """{"error":{"message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).","type":"BadRequestError","param":null,"code":400}}""", "ContextTooLong")]
    [InlineData(400, """{"object":"error","message":"\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set","type":"BadRequestError","param":null,"code":400}""", "Unsupported")]
    [InlineData(404, """{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}""", "ModelGone")]
    [InlineData(500, """{"object":"error","message":"EngineCore encountered an issue.","type":"InternalServerError","param":null,"code":500}""", "ServerError")]
    [InlineData(422, """{"detail":[{"loc":["body","messages"],"msg":"field required","type":"value_error.missing"}]}""", "BadRequest")]
    [InlineData(503, """{"error":{"message":"Loading model","type":"unavailable_error","code":503}}""", "Overloaded")]
    [InlineData(400, """{"error":{"code":400,"message":"Assistant response prefill is incompatible with enable_thinking.","type":"invalid_request_error"}}""", "PrefillRefused")]
    [InlineData(400, """{"error":{"message":"prefill","type":"invalid_request_error","param":null,"code":"invalid_prefill"}}""", "PrefillRefused")]
    public void Reads_the_signals_of_OpenAI_and_what_speaks_its_protocol(int status, string body, string reason) =>
        Assert.Equal(reason, Classify(ApiKind.OpenAiChat, status, body).Reason.ToString());

    [Theory]
    [InlineData(400, "invalid_request_error", "max_tokens: Field required", "BadRequest")]
    [InlineData(401, "authentication_error", "invalid x-api-key", "Credential")]
    [InlineData(402, "billing_error", "payment failed", "QuotaExhausted")]
    [InlineData(403, "permission_error", "Your API key does not have permission to use the specified resource.", "Credential")]
    [InlineData(404, "not_found_error", "model: claude-opus-9", "ModelGone")]
    [InlineData(409, "conflict_error", "Conflict", "ServerError")]
    [InlineData(413, "request_too_large", "Request exceeds the maximum size", "BadRequest")]
    [InlineData(429, "rate_limit_error", "This request would exceed your organization's rate limit of 50,000 input tokens per minute", "RateLimited")]
    [InlineData(500, "api_error", "Internal server error", "ServerError")]
    [InlineData(504, "timeout_error", "The request timed out", "ServerError")]
    [InlineData(529, "overloaded_error", "Overloaded", "Overloaded")]
    [InlineData(400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum", "ContextTooLong")]
    [InlineData(400, "invalid_request_error", "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000", "ContextTooLong")]
    [InlineData(400, "invalid_request_error", "max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for claude-3-5-haiku", "Unsupported")]
    [InlineData(400, "invalid_request_error", "tool_choice: forcing a tool and several types are not supported for this model.", "Unsupported")]
    [InlineData(400, "invalid_request_error", "Thinking may not be enabled when tool_choice forces tool use.", "Unsupported")]
    [InlineData(400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.", "QuotaExhausted")]
    [InlineData(400, "invalid_request_error", "You have reached your specified API usage limits. You will regain access on 2026-10-01 at 00:00 UTC.", "QuotaExhausted")]
    [InlineData(400, "invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block", "Signature")]
    [InlineData(400, "invalid_request_error", "messages.3.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.", "Signature")]
    [InlineData(400, "invalid_request_error", "This model does not support assistant message prefill. The conversation must end with a user message.", "PrefillRefused")]
    [InlineData(400, "invalid_request_error", "Prefilling assistant messages is not supported for this model.", "PrefillRefused")]
    [InlineData(400, "invalid_request_error", "Output blocked by content filtering policy", "Policy")]
    [InlineData(400, "invalid_request_error", "claude-haiku does not support the effort parameter.", "Unsupported")]
    [InlineData(400, "invalid_request_error", "metadata.foo: Extra inputs are not permitted", "Unsupported")]
    public void Reads_the_signals_of_Anthropic(int status, string type, string message, string reason)
    {
        var body = $$"""{"type":"error","error":{"type":"{{type}}","message":"{{message}}"},"request_id":"req_1"}""";
        var failure = Classify(ApiKind.Anthropic, status, body);
        Assert.Equal(reason, failure.Reason.ToString());
        Assert.Equal(type, failure.Code);
        Assert.Equal(message, failure.Message);
        Assert.Equal(reason, FailureClassifier.FromStreamError(Encoding.UTF8.GetBytes(body)).Reason.ToString());
    }

    [Fact]
    public void An_enforced_spend_limit_is_money_and_not_a_rate()
    {
        var failure = Classify(ApiKind.Anthropic, 429, """{"type":"error","error":{"type":"rate_limit_error","message":"You have reached your API usage limits: your organization has crossed its monthly API usage threshold.","details":{"error_code":"enforced_spend_limit_reached"}}}""");
        Assert.Equal(FailureReason.QuotaExhausted, failure.Reason);
        Assert.Equal("enforced_spend_limit_reached", failure.Code);
        Assert.Null(failure.RetryAfter);
    }

    [Theory]
    [InlineData(400, """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}""", "Credential")]
    [InlineData(403, """{"error":{"code":403,"message":"Generative Language API has not been used in project 1 before or it is disabled.","status":"PERMISSION_DENIED"}}""", "Credential")]
    [InlineData(404, """{"error":{"code":404,"message":"models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.","status":"NOT_FOUND"}}""", "ModelGone")]
    [InlineData(400, """{"error":{"code":400,"message":"The input token count (1300000) exceeds the maximum number of tokens allowed (1048575).","status":"INVALID_ARGUMENT"}}""", "ContextTooLong")]
    [InlineData(400, """{"error":{"code":400,"message":"Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly","status":"INVALID_ARGUMENT"}}""", "Signature")]
    [InlineData(400, """{"error":{"code":400,"message":"Function calling is not enabled for models/gemma-3-27b-it","status":"INVALID_ARGUMENT"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"code":400,"message":"Penalty is not enabled for this model","status":"INVALID_ARGUMENT"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"code":400,"message":"Unsupported MIME type: image/bmp","status":"INVALID_ARGUMENT"}}""", "Unsupported")]
    [InlineData(400, """{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}""", "ModelGone")]
    [InlineData(400, """{"error":{"code":400,"message":"* GenerateContentRequest.contents: contents is not specified","status":"INVALID_ARGUMENT"}}""", "BadRequest")]
    [InlineData(500, """{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}""", "ServerError")]
    [InlineData(503, """{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}""", "Overloaded")]
    [InlineData(504, """{"error":{"code":504,"message":"Deadline expired before operation could complete.","status":"DEADLINE_EXCEEDED"}}""", "ServerError")]
    [InlineData(429, """[{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}]""", "RateLimited")]
    [InlineData(429, """{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. Quota exceeded for metric: x, limit: 0, model: gemini-2.5-pro. Please retry in 34s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]}]}}""", "QuotaExhausted")]
    public void Reads_the_signals_of_Gemini(int status, string body, string reason)
    {
        Assert.Equal(reason, Classify(ApiKind.Gemini, status, body).Reason.ToString());
        Assert.Equal(reason, FailureClassifier.FromStreamError(Encoding.UTF8.GetBytes(body)).Reason.ToString());
    }

    [Theory]
    [InlineData(404, """{"error":"model 'llama9' not found"}""", "ModelGone")]
    [InlineData(404, """{"error":"model \"llama9\" not found, try pulling it first"}""", "ModelGone")]
    [InlineData(500, """{"error":"model requires more system memory (9.1 GiB) than is available (7.6 GiB)"}""", "Overloaded")]
    [InlineData(400, """{"error":"registry.ollama.ai/library/gemma:2b does not support tools"}""", "Unsupported")]
    [InlineData(400, """{"error":"\"gemma:2b\" does not support thinking"}""", "Unsupported")]
    [InlineData(503, """{"error":"server busy, please try again.  maximum pending requests exceeded"}""", "Overloaded")]
    [InlineData(500, """{"error":"llama runner process has terminated: exit status 2"}""", "ServerError")]
    [InlineData(401, """{"error":"unauthorized"}""", "Credential")]
    [InlineData(400, """{"error":"invalid character 'x' looking for beginning of value"}""", "BadRequest")]
    public void Reads_the_signals_of_Ollama(int status, string body, string reason) =>
        Assert.Equal(reason, Classify(ApiKind.Ollama, status, body).Reason.ToString());

    [Theory]
    [InlineData("context_length_exceeded", "ContextTooLong")]
    [InlineData("max_tokens_exceeded", "Unsupported")]
    [InlineData("token_limit_exceeded", "ContextTooLong")]
    [InlineData("string_too_long", "ContextTooLong")]
    [InlineData("authentication", "Credential")]
    [InlineData("permission_denied", "Credential")]
    [InlineData("payment_required", "QuotaExhausted")]
    [InlineData("rate_limit_exceeded", "RateLimited")]
    [InlineData("provider_overloaded", "Overloaded")]
    [InlineData("provider_unavailable", "ServerError")]
    [InlineData("invalid_request", "BadRequest")]
    [InlineData("invalid_prompt", "BadRequest")]
    [InlineData("not_found", "ModelGone")]
    [InlineData("precondition_failed", "BadRequest")]
    [InlineData("payload_too_large", "BadRequest")]
    [InlineData("unprocessable", "BadRequest")]
    [InlineData("content_policy_violation", "Policy")]
    [InlineData("refusal", "Policy")]
    [InlineData("invalid_image", "BadRequest")]
    [InlineData("image_too_large", "Unsupported")]
    [InlineData("image_too_small", "BadRequest")]
    [InlineData("unsupported_image_format", "Unsupported")]
    [InlineData("image_not_found", "BadRequest")]
    [InlineData("image_download_failed", "BadRequest")]
    [InlineData("server", "ServerError")]
    [InlineData("timeout", "ServerError")]
    [InlineData("unmapped", "ServerError")]
    public void Reads_every_error_type_of_OpenRouter_inside_a_stream(string type, string reason)
    {
        var frame = $$$$"""{"id":"gen-1","choices":[{"delta":{"content":""},"finish_reason":"error"}],"error":{"message":"m","metadata":{"error_type":"{{{{type}}}}"}}}""";
        Assert.Equal(reason, FailureClassifier.FromStreamError(Encoding.UTF8.GetBytes(frame)).Reason.ToString());
    }

    [Theory]
    [InlineData("""{"error":{"code":502,"message":"Provider disconnected"}}""", "ServerError", 502)]
    [InlineData("""{"choices":[{"error":{"code":429,"message":"slow"}}]}""", "RateLimited", 429)]
    [InlineData("""{"type":"overloaded_error","message":"Overloaded"}""", "Overloaded", null)]
    [InlineData("""{"type":"error","code":"server_error","message":"boom","param":null,"sequence_number":3}""", "ServerError", null)]
    [InlineData("""{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"slow"}}}""", "RateLimited", null)]
    [InlineData("""{"error":"an unknown thing happened"}""", "ServerError", null)]
    [InlineData("""{"object":"error","message":"engine died","type":"InternalServerError","code":500}""", "ServerError", 500)]
    [InlineData("proxy error: Failed to read connection", "Malformed", null)]
    [InlineData("{\"error\":{\"mess", "Malformed", null)]
    public void Reads_errors_that_come_after_200_in_every_shape(string frame, string reason, int? status)
    {
        var failure = FailureClassifier.FromStreamError(Encoding.UTF8.GetBytes(frame));
        Assert.Equal(reason, failure.Reason.ToString());
        Assert.Equal(status, failure.Status);
        Assert.NotEmpty(failure.Message);
    }

    [Theory]
    [InlineData(502, "ServerError")]
    [InlineData(503, "Overloaded")]
    [InlineData(520, "ServerError")]
    [InlineData(524, "ServerError")]
    [InlineData(413, "Unsupported")]
    [InlineData(403, "Malformed")]
    [InlineData(404, "Malformed")]
    [InlineData(429, "RateLimited")]
    [InlineData(200, "Malformed")]
    public void A_web_page_speaks_of_the_way_not_of_the_key_or_the_model(int status, string reason)
    {
        var failure = Classify(ApiKind.OpenAiChat, status, "<html>\r\n<head><title>api.acme.com | Bad gateway</title></head><body>…</body></html>", "text/html; charset=UTF-8");
        Assert.Equal(reason, failure.Reason.ToString());
        Assert.Equal("a web page instead of an answer: api.acme.com | Bad gateway", failure.Message);
    }

    [Theory]
    [InlineData(200, "", "Empty")]
    [InlineData(200, "{}", "Malformed")]
    [InlineData(200, """{"error":{"message":"x"}}""", "ServerError")]
    [InlineData(200, """{"error":{"message":"x","code":429}}""", "RateLimited")]
    [InlineData(301, "", "Redirect")]
    [InlineData(307, "{}", "Redirect")]
    [InlineData(400, "", "BadRequest")]
    [InlineData(401, "", "Credential")]
    [InlineData(403, "", "Credential")]
    [InlineData(404, "", "ModelGone")]
    [InlineData(405, "", "BadRequest")]
    [InlineData(408, "", "ServerError")]
    [InlineData(415, "", "BadRequest")]
    [InlineData(418, "", "BadRequest")]
    [InlineData(429, "", "RateLimited")]
    [InlineData(500, "upstream connect error or disconnect/reset before headers", "ServerError")]
    [InlineData(501, "", "Unsupported")]
    [InlineData(504, "", "ServerError")]
    [InlineData(529, "", "Overloaded")]
    [InlineData(599, "", "ServerError")]
    public void Without_a_signal_the_status_decides(int status, string body, string reason)
    {
        var failure = Classify(ApiKind.OpenAiChat, status, body, "");
        Assert.Equal(reason, failure.Reason.ToString());
        Assert.Equal(status, failure.Status);
        Assert.NotEmpty(failure.Message);
    }

    [Theory]
    [InlineData("err-context-overflow", 400, "ContextTooLong")]
    [InlineData("err-context-overflow-anthropic", 400, "ContextTooLong")]
    [InlineData("err-bad-json", 400, "BadRequest")]
    [InlineData("err-bad-type", 400, "BadRequest")]
    [InlineData("err-bad-role", 500, "BadRequest")]
    [InlineData("err-image", 500, "Unsupported")]
    [InlineData("err-embeddings-off", 501, "Unsupported")]
    [InlineData("err-not-found", 404, "ModelGone")]
    [InlineData("router-invalid-model", 400, "ModelGone")]
    [InlineData("embeddings-too-long", 500, "ContextTooLong")]
    [InlineData("loading-503-chat", 503, "Overloaded")]
    [InlineData("apikey-wrong", 401, "Credential")]
    public void Reads_what_a_real_llama_server_answers(string name, int status, string reason)
    {
        var body = File.ReadAllText(SharedFiles.Require($"fixtures/wire/llama-server/{name}.body"));
        Assert.Equal(reason, Classify(ApiKind.OpenAiChat, status, body).Reason.ToString());
    }

    [Theory]
    [InlineData("openai-error.1.json", 429, "QuotaExhausted")]
    [InlineData("reasoning-model-temperature-error.json", 400, "Unsupported")]
    public void Reads_recorded_errors_of_OpenAI(string name, int status, string reason)
    {
        var body = File.ReadAllText(SharedFiles.Require("fixtures/wire/openai/" + name));
        Assert.Equal(reason, Classify(ApiKind.OpenAiChat, status, body).Reason.ToString());
    }

    // What a caller wrote comes back in an error: no key and no model is set aside for it.
    [Theory]
    [InlineData(400, """{"error":{"message":"Invalid value: 'invalid api key'. Supported values are: 'low', 'medium', and 'high'.","type":"invalid_request_error","param":"reasoning_effort","code":"invalid_value"}}""")]
    [InlineData(400, """{"object":"error","message":"[{'type': 'missing', 'loc': ('body', 'messages'), 'msg': 'Field required', 'input': {'note': 'Incorrect API key provided'}}]","type":"BadRequestError","param":null,"code":400}""")]
    [InlineData(422, """{"detail":[{"type":"missing","loc":["body","messages"],"msg":"Field required","input":{"note":"Your credit balance is too low"}}]}""")]
    [InlineData(500, """{"error":{"code":500,"message":"Failed to parse messages: Unsupported content part type: \"file\"; messages = [\n  {\n    \"role\": \"user\",\n    \"content\": \"my log says: model not found\"\n  }\n]","type":"server_error"}}""")]
    [InlineData(400, """{"object":"error","message":"Tool choice 'train_model' not found in 'tools' parameter.","type":"BadRequestError","param":null,"code":400}""")]
    [InlineData(400, """{"error":{"message":"This server could not make anything of what it was sent, which was: Your credit balance is too low","type":"invalid_request_error"}}""")]
    [InlineData(500, """{"error":{"message":"Internal error while the template was applied to the last message, which reads: too many requests","type":"server_error"}}""")]
    [InlineData(400, """{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"Invalid value: 'incorrect api key provided'.\"}}","provider_name":"Azure"}}}""")]
    public void What_a_caller_wrote_sets_nothing_aside(int status, string body)
    {
        var failure = Classify(ApiKind.OpenAiChat, status, body);
        var disposition = FailureDisposition.Of(failure);
        Assert.True(disposition.Cooldown == CooldownScope.None || (status == 500 && disposition.Cooldown == CooldownScope.Target), $"{failure.Reason} rests {disposition.Cooldown}");
        Assert.False(disposition.RotateKey);
        Assert.True(BreakerRules.WeightOf(failure) is BreakerWeight.None || status == 500);
        Assert.NotEqual(FailureReason.Credential, failure.IsHearsay ? FailureReason.None : failure.Reason);
    }

    [Theory]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."}}""", CooldownScope.Key)]
    [InlineData(400, """{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***zz. You can obtain an API key from https://console.x.ai."}""", CooldownScope.Key)]
    [InlineData(400, """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}""", CooldownScope.Key)]
    [InlineData(400, """{"error":{"message":"nope is not a valid model ID","code":400}}""", CooldownScope.Target)]
    [InlineData(400, """{"error":{"message":"The model `mixtral-8x7b-32768` has been decommissioned and is no longer supported.","type":"invalid_request_error","code":"model_decommissioned"}}""", CooldownScope.Target)]
    public void What_the_provider_says_itself_does(int status, string body, object scope)
    {
        var failure = Classify(ApiKind.OpenAiChat, status, body);
        Assert.False(failure.IsHearsay);
        Assert.Equal(scope, FailureDisposition.Of(failure).Cooldown);
    }

    [Fact]
    public void A_quota_of_a_minute_at_Google_is_a_rate_with_a_delay()
    {
        var failure = Classify(ApiKind.Gemini, 429, File.ReadAllText(SharedFiles.Require("fixtures/wire/google/google-429-retry-info.json")));
        Assert.Equal(FailureReason.RateLimited, failure.Reason);
        Assert.Equal(TimeSpan.FromSeconds(34.4), failure.RetryAfter);
    }

    [Fact]
    public void A_quota_of_a_day_at_Google_is_out_whatever_its_delay_says()
    {
        var failure = Classify(ApiKind.Gemini, 429, """{"error":{"code":429,"message":"You exceeded your current quota. Please retry in 34s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"},{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}""");
        Assert.Equal(FailureReason.QuotaExhausted, failure.Reason);
        Assert.Null(failure.RetryAfter);
        Assert.Equal(CooldownScope.KeyAndModel, FailureDisposition.Of(failure).Cooldown);
    }

    [Fact]
    public void A_budget_that_resets_says_when()
    {
        var failure = Classify(ApiKind.OpenAiChat, 403, """{"error":{"message":"Budget reached","code":403,"metadata":{"limit_source":"openrouter_guardrail_budget","resets_at":"2026-09-20T18:30:00Z"}}}""");
        Assert.Equal(TimeSpan.FromHours(6.5), failure.RetryAfter);
        Assert.Equal("openrouter_guardrail_budget", failure.Code);
    }

    [Fact]
    public void The_words_of_the_provider_behind_a_router_are_kept()
    {
        var failure = Classify(ApiKind.OpenAiChat, 500, """{"error":{"message":"Provider returned error","code":500,"metadata":{"raw":"{\"error\":{\"message\":\"CUDA broke\"}}","provider_name":"DeepInfra"}}}""");
        Assert.Equal("Provider returned error (DeepInfra: CUDA broke)", failure.Message);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData(null, null)]
    [InlineData("maybe", null)]
    public void The_providers_own_word_on_retrying_is_kept(string? header, bool? retryable)
    {
        var headers = header is null ? [] : new[] { ("x-should-retry", header) };
        Assert.Equal(retryable, Classify(ApiKind.OpenAiChat, 500, "{}", "application/json", headers).Retryable);
    }

    [Fact]
    public void Reset_headers_do_not_delay_a_failure_that_is_not_about_rates()
    {
        (string, string)[] headers = [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "60s")];
        Assert.Null(Classify(ApiKind.OpenAiChat, 500, "{}", "application/json", headers).RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(60), Classify(ApiKind.OpenAiChat, 429, "{}", "application/json", headers).RetryAfter);
    }

    [Fact]
    public void Any_cut_of_a_body_is_classified_without_an_exception()
    {
        var body = Encoding.UTF8.GetBytes("""[{"error":{"code":429,"message":"Ü","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"x"}]}],"metadata":{"raw":"{\"error\":1}"}}}]""");
        for (var length = 0; length <= body.Length; length++)
        {
            var failure = FailureClassifier.FromResponse(ApiKind.Gemini, "gemini", 429, static _ => null, body.AsSpan(0, length), "application/json", s_now);
            Assert.Equal(FailureReason.RateLimited, failure.Reason);
        }
    }
}
