using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Dispatch.Http;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// Asks a provider that speaks Messages how many tokens a prompt has. Asked rarely and free of charge, so over the platform's
/// client, and without a word to the health of target or key. Thread-safe, lives as long as the process.
/// </summary>
internal sealed class PromptCount(TimeProvider time) : IDisposable, IAsyncDisposable
{
    private const int MaxAnswer = 4096;

    // Who waits for a number is helped more by an estimate now.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    // Not every server that speaks Messages counts.
    private static readonly TimeSpan s_mute = TimeSpan.FromMinutes(10);

    private readonly ConditionalWeakTable<TargetState, StrongBox<DateTimeOffset>> _mute = [];
    private readonly PlatformClient _client = new();

    /// <summary>The provider's number; null when it gives none in time, whatever the reason.</summary>
    public async Task<long?> AskAsync(Target target, ReadOnlyMemory<byte> request, IHeaderDictionary client, CancellationToken callerLeft)
    {
        var now = time.GetUtcNow();
        if (!target.Health.IsAvailable(now) || (_mute.TryGetValue(target.Health, out var until) && now < until.Value)) return null;
        if (target.Provider.Keys.Take(target.Ref.Model, now) is not { Missing: null } key) return null;
        var count = await CallAsync(target, key, request, client, callerLeft).ConfigureAwait(false);
        if (count is null && !callerLeft.IsCancellationRequested) _mute.AddOrUpdate(target.Health, new(now + s_mute));
        return count;
    }

    private async Task<long?> CallAsync(Target target, KeyLease key, ReadOnlyMemory<byte> request, IHeaderDictionary client, CancellationToken callerLeft)
    {
        // Not given back: over HTTP/2 it may still be on its way when the answer is here.
        var body = new PooledBytes();
        if (!AnthropicPatch.TryWrite(request.Span, new AnthropicChanges { Model = target.Ref.Model }, body)) return null;
        using var patience = new CancellationTokenSource(s_patience, time);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(callerLeft, patience.Token);
        try
        {
            using var call = PlatformClient.Request(new Uri(target.WholeUri + "/count_tokens"), PlatformClient.Json(body.Memory));
            foreach (var (name, value) in TargetCalls.Identity(target.Provider, target.Dialect.Kind, key.Value)) call.Headers.TryAddWithoutValidation(name, value);
            foreach (var (name, value) in Upstream.Forwarding(client, target)) call.Headers.TryAddWithoutValidation(name, value);
            using var answer = await _client.SendAsync(call, s_patience, cancel.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? await ReadAsync(answer, cancel.Token).ConfigureAwait(false) : null;
        }
        catch (Exception e) when (Upstream.IsOfCall(e) || e is JsonException)
        {
            return null;
        }
    }

    public void Dispose() => _client.Dispose();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<long?> ReadAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        var stream = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var bytes = new byte[MaxAnswer];
            var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
            using var json = JsonDocument.Parse(bytes.AsMemory(0, length));
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("input_tokens"u8, out var tokens)
                && tokens.ValueKind == JsonValueKind.Number && tokens.TryGetInt64(out var count) ? count : null;
        }
    }
}
