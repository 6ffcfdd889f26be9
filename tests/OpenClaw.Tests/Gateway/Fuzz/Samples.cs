using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Frames;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Fuzz;

/// <summary>Right bytes to begin with: what the scripted provider says, what it does not, and recorded answers when they are there.</summary>
internal static class Samples
{
    private const int MaxRecorded = 12 * 1024;

    private static readonly Dictionary<DialectKind, string[]> s_events = new()
    {
        [DialectKind.OpenAiChat] =
        [
            """{"id":"c","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":"no\u0020"},"logprobs":{"content":[]},"finish_reason":null},{"index":1,"delta":{"content":"two"}}]}""",
            """{"id":"c","choices":[{"delta":{"reasoning_content":"h\u00e9","reasoning":"x","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"c2ln","index":0},{"type":"reasoning.encrypted","data":"eHh4"}]}}]}""",
            """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"a\":"}},{"index":1,"id":"b","function":{"name":"g","arguments":""}}]}}]}""",
            """{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}],"function_call":{"name":"old","arguments":"{}"},"annotations":[{"type":"url_citation"}],"audio":{"id":"x"}},"finish_reason":"tool_calls"}],"usage":null}""",
            """{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":1},"cost":0.01,"prompt_cache_hit_tokens":2},"x_groq":{"id":"r"}}""",
            """{"error":{"message":"slow down","type":"rate_limit_error","code":429,"param":null,"metadata":{"raw":"x"}}}""",
            "[DONE]",
        ],
        [DialectKind.Anthropic] =
        [
            """{"type":"message_start","message":{"id":"msg","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"usage":{"input_tokens":9,"cache_creation_input_tokens":1,"cache_read_input_tokens":2,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":0},"output_tokens":1}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"h\u00e9"}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"eHh4"}}""",
            """{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"a":1}}}""",
            """{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}""",
            """{"type":"content_block_start","index":3,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}""",
            """{"type":"content_block_start","index":4,"content_block":{"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","url":"u"}]}}""",
            """{"type":"content_block_delta","index":5,"delta":{"type":"citations_delta","citation":{"type":"char_location"}}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END","container":null},"usage":{"output_tokens":15,"server_tool_use":{"web_search_requests":1}}}""",
            """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}""",
            """{"type":"ping"}""",
            """{"type":"message_stop"}""",
        ],
        [DialectKind.Gemini] =
        [
            """{"candidates":[{"content":{"parts":[{"text":"th\u00e9","thought":true,"thoughtSignature":"c2ln"},{"text":"Hi \ud83d\ude00"}],"role":"model"},"index":0,"safetyRatings":[{"category":"x"}]}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":5,"cachedContentTokenCount":2,"thoughtsTokenCount":3},"modelVersion":"g","responseId":"r"}""",
            """{"candidates":[{"content":{"parts":[{"functionCall":{"id":"i","name":"f","args":{"a":[1,{"b":"c"}]}},"thoughtSignature":"c2ln"},{"inlineData":{"mimeType":"image/png","data":"eHh4"}},{"executableCode":{"code":"x"}}]}}]}""",
            """{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.a.b[1]['c']","stringValue":"x","willContinue":true},{"jsonPath":"$.n","numberValue":1.5},{"jsonPath":"$.a","boolValue":true},{"jsonPath":"$[0]","nullValue":"NULL_VALUE"}],"willContinue":true}}]}}]}""",
            """{"candidates":[{"content":{"parts":[{"functionCall":{}}]},"finishReason":"MAX_TOKENS","citationMetadata":{"a":1},"groundingMetadata":{}}]}""",
            """[{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}]""",
            """{"promptFeedback":{"blockReason":"SAFETY"}}""",
        ],
        [DialectKind.Ollama] =
        [
            """{"model":"m","created_at":"2026-01-02T03:04:05Z","message":{"role":"assistant","content":"Hel\nlo","thinking":"th\u00e9","images":null},"done":false}""",
            """{"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"a":[1,{"b":"c"}]}}},{"function":{"name":"g","arguments":"{}"}}]},"done":false}""",
            """{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","total_duration":1,"prompt_eval_count":3,"eval_count":4}""",
            """{"error":"model 'm' not found, try pulling it first"}""",
        ],
    };

    private static readonly string[] s_openAiRequests =
    [
        """{"model":"p/m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"system","content":"be brief"},{"role":"user","name":"u","content":[{"type":"text","text":"what is \u00e9"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}},{"type":"input_audio","input_audio":{"data":"eA==","format":"wav"}},{"type":"file","file":{"file_data":"data:application/pdf;base64,eA==","filename":"a.pdf"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}],"reasoning_content":"hm"},{"role":"tool","tool_call_id":"c1","content":"ok"},{"role":"assistant","content":"so"}],"tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"integer"}}}}}],"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false}""",
        """{"model":"m","messages":[{"role":"developer","content":[{"type":"text","text":"x"}]},{"role":"user","content":"hi"}],"max_completion_tokens":10,"temperature":0.5,"top_p":1,"top_k":3,"stop":["a","b"],"n":2,"seed":7,"user":"u","response_format":{"type":"json_schema","json_schema":{"name":"s","strict":true,"schema":{"type":"object"}}},"reasoning_effort":"high","logit_bias":{"1":2},"metadata":{"a":"b"},"frequency_penalty":1,"presence_penalty":-1,"logprobs":true,"top_logprobs":2,"functions":[{"name":"g"}],"function_call":"auto","prediction":{"type":"content","content":"x"},"service_tier":"flex"}""",
    ];

    private static readonly string[] s_anthropicRequests =
    [
        """{"model":"a/m","max_tokens":100,"system":[{"type":"text","text":"be brief","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}},{"type":"document","source":{"type":"url","url":"https://x/y.pdf"}}]},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"redacted_thinking","data":"eA=="},{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":[{"type":"text","text":"no"},{"type":"image","source":{"type":"url","url":"https://x/y.png"}}]}]},{"role":"assistant","content":"So far"}],"tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"web_search_20250305","name":"web_search"}],"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},"stream":true}""",
        """{"model":"m","max_tokens":5000,"system":"s","messages":[{"role":"user","content":"hi"}],"temperature":1,"top_p":0.9,"top_k":5,"stop_sequences":["x"],"thinking":{"type":"enabled","budget_tokens":2048},"metadata":{"user_id":"u"},"output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},"service_tier":"auto","mcp_servers":[{"type":"url","url":"u","name":"n"}],"context_management":{"edits":[]}}""",
    ];

    /// <summary>Payloads of a stream's events, in an order in which a stream may bring them.</summary>
    public static List<byte[]> Events(DialectKind kind)
    {
        var events = Turns().SelectMany(t => Payloads(kind, [.. Wire(kind).Stream(t).SelectMany(static f => f.Bytes)])).DistinctBy(Convert.ToBase64String).ToList();
        events.AddRange(s_events[kind].Select(Encoding.UTF8.GetBytes));
        events.AddRange(Recorded(kind, ".chunks.txt").SelectMany(f => File.ReadLines(f).Where(static l => l.Length is > 0 and < MaxRecorded).Take(12)).Select(Encoding.UTF8.GetBytes));
        return events;
    }

    /// <summary>Whole answers, errors among them.</summary>
    public static List<byte[]> Answers(DialectKind kind)
    {
        var answers = Turns().Select(Wire(kind).Whole).ToList();
        answers.AddRange(Enum.GetValues<ScriptedError>().Select(e => Wire(kind).Error(e, "m", null).Body));
        answers.AddRange(Recorded(kind, ".json").Select(File.ReadAllBytes).Where(static b => b.Length < MaxRecorded));
        return answers;
    }

    public static List<byte[]> Requests(DialectKind kind) =>
        [.. (kind == DialectKind.Anthropic ? s_anthropicRequests : s_openAiRequests).Select(Encoding.UTF8.GetBytes)];

    /// <summary>Streams as they come over the wire.</summary>
    public static List<byte[]> Streams(DialectKind kind) => [.. Turns().Select(t => Wire(kind).Stream(t).SelectMany(static f => f.Bytes).ToArray())];

    private static IEnumerable<ScriptedTurn> Turns()
    {
        var turn = new ScriptedTurn("id", "m", 7, 4, IncludeUsage: true);
        yield return turn with { Text = "Five words, é and 😀." };
        yield return turn with { Thinking = "Let me see.", Text = "Yes." };
        yield return turn with { Tools = ScriptedAnswer.TwoTools };
    }

    private static ScriptedWire Wire(DialectKind kind) => kind switch
    {
        DialectKind.Anthropic => ScriptedWire.Anthropic,
        DialectKind.Gemini => ScriptedWire.Gemini,
        DialectKind.Ollama => ScriptedWire.Ollama,
        _ => ScriptedWire.OpenAi,
    };

    private static List<byte[]> Payloads(DialectKind kind, byte[] stream)
    {
        var splitter = new FrameSplitter(DialectTable.Of(kind).Framing);
        var payloads = new List<byte[]>();
        var at = 0;
        while (at < stream.Length && splitter.TryRead(stream.AsSpan(at), true, out var frame))
        {
            if (!frame.Data.IsEmpty) payloads.Add(frame.Data.ToArray());
            at += frame.Length;
        }
        return payloads;
    }

    private static IEnumerable<string> Recorded(DialectKind kind, string extension)
    {
        var folder = Path.Combine(SharedFiles.Root, "fixtures", "wire", kind switch
        {
            DialectKind.Anthropic => "anthropic",
            DialectKind.Gemini => "google",
            DialectKind.Ollama => "ollama",
            _ => "openai-compatible",
        });
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*" + extension).Order(StringComparer.Ordinal).Take(12) : [];
    }
}
