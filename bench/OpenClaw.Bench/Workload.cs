namespace OpenClaw.Bench;

/// <summary>What is asked for, and of which upstream.</summary>
/// <param name="Provider">Our gateway's provider for it.</param>
/// <param name="UpstreamPath">Before <c>/v1</c> at the upstream.</param>
/// <param name="Chunks">Frames of one answer; 0 = a whole answer.</param>
internal sealed record Workload(string Provider, string UpstreamPath, int Chunks)
{
    public static readonly Workload Whole = new("openai", "", 0);

    /// <summary>A hundred frames as fast as the caller reads.</summary>
    public static readonly Workload Burst = new("burst", "/100/burst", 100);

    /// <summary>A hundred frames, one every two milliseconds: no two of them meet in one read.</summary>
    public static readonly Workload Paced = new("paced", "/100/paced", 100);

    /// <summary>Few frames: with <see cref="Burst"/> it tells what a frame allocates from what a stream does.</summary>
    public static readonly Workload Short = new("short", "/20/burst", 20);

    public static readonly Workload[] All = [Whole, Burst, Paced, Short];

    public bool IsStream => Chunks > 0;

    /// <summary>About 1.4 kB, as a first turn with a system prompt has.</summary>
    public string Body(string model)
    {
        var system = string.Concat(Enumerable.Repeat("You are a helpful assistant. ", 8));
        var user = string.Concat(Enumerable.Repeat("Tell me about the lobster. ", 38));
        return $$"""{"model": "{{model}}", "messages": [{"role": "system", "content": "{{system}}"}, {"role": "user", "content": "{{user}}"}], "temperature": 0.7, "max_tokens": 256{{(IsStream ? ", \"stream\": true" : "")}}}""";
    }

    /// <summary>The fixed completion of the whole workload.</summary>
    public const string Completion =
        """{"id":"chatcmpl-AbCdEf0123456789","object":"chat.completion","created":1741570283,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"The lobster that keeps this gate is patient. When one road closes it takes the next, counts every token it spends, and never forgets where a sentence stopped. You asked one question; here is its answer, all sixty words in order, once, whoever speaks them.","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":220,"completion_tokens":60,"total_tokens":280,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_fc9f1d7035"}""";
}
