using System.Buffers;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Usage in Anthropic's accounting: cached tokens beside <c>input_tokens</c>, never inside.</summary>
internal static class WriteUsage
{
    /// <summary>The object of <c>message_start</c> and <c>message_delta</c>. The split of cache writes and the details only when there are any.</summary>
    public static void Frame(IBufferWriter<byte> output, in Usage usage)
    {
        output.Write("{\"input_tokens\":"u8);
        JsonWrite.Int64(output, usage.Input);
        output.Write(",\"cache_creation_input_tokens\":"u8);
        JsonWrite.Int64(output, usage.CacheWrite + usage.CacheWrite1h);
        output.Write(",\"cache_read_input_tokens\":"u8);
        JsonWrite.Int64(output, usage.CacheRead);
        if (usage.CacheWrite1h > 0) Pair(output, ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":"u8, usage.CacheWrite, ",\"ephemeral_1h_input_tokens\":"u8, usage.CacheWrite1h);
        output.Write(",\"output_tokens\":"u8);
        JsonWrite.Int64(output, usage.Output);
        if (usage.Reasoning > 0) One(output, ",\"output_tokens_details\":{\"thinking_tokens\":"u8, usage.Reasoning);
        if (usage.WebSearches > 0) One(output, ",\"server_tool_use\":{\"web_search_requests\":"u8, usage.WebSearches);
        output.Write("}"u8);
    }

    private static void One(IBufferWriter<byte> output, ReadOnlySpan<byte> head, long value)
    {
        output.Write(head);
        JsonWrite.Int64(output, value);
        output.Write("}"u8);
    }

    private static void Pair(IBufferWriter<byte> output, ReadOnlySpan<byte> head, long first, ReadOnlySpan<byte> between, long second)
    {
        output.Write(head);
        JsonWrite.Int64(output, first);
        One(output, between, second);
    }
}
