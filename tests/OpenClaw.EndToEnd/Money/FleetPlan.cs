using System.Globalization;
using System.Text;
using OpenClaw.Gateway.Metering;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Money;

/// <summary>What bounds the answers of a run.</summary>
internal enum FleetBounds
{
    /// <summary>Callers name their longest answer; one in twenty does not, and its model has no bound either: a call holds a part of what is left.</summary>
    OneInTwentyOpen,

    /// <summary>Every caller names its longest answer.</summary>
    Callers,

    /// <summary>No caller does: the model's own bound is held.</summary>
    Models,
}

/// <summary>One call.</summary>
/// <param name="Prompt">Dollars held for the prompt.</param>
/// <param name="Most">Tokens of the longest answer; null = nobody knows.</param>
/// <param name="Wobbles">Its first target may fail.</param>
internal sealed record FleetAsk(string Body, bool Stream, decimal Prompt, int? Most, bool Wobbles)
{
    private const decimal Token = CountingProvider.OutputPrice / 1_000_000;

    /// <summary>Dollars without which it may be refused.</summary>
    public decimal Least => Prompt + ((Most ?? 256) * Token);

    /// <summary>The most that may be held for it: an answer of unknown length holds up to a sixteenth of what is left, a stream of one grows by 2048 tokens.</summary>
    public decimal Hold(decimal left) => Most is null ? Prompt + Math.Max(256 * Token, Stream ? 4096 * Token : left / 16) : Least;
}

/// <summary>What a seed decides of a run, and the calls of its clients.</summary>
internal sealed class FleetPlan(int seed, int clients, bool shared)
{
    // What a call comes to at the provider's prices, in the middle; dollars.
    private const decimal PerCall = 0.0002m;
    private static readonly int[] s_tokens = [10, 25, 40];

    public FleetBounds Bounds { get; } = (FleetBounds)(seed % 3);

    /// <summary>Several times what all clients hold at once. With one gateway all that is under way dies at once and counts as spent, so there must be more of the rest.</summary>
    public decimal Limit { get; } = clients * (shared ? 7 : 12) * PerCall;

    /// <summary>The configuration's providers, aliases and fallbacks.</summary>
    public static string Models(CountingProvider provider) => $$"""
        {
          "providers": {
            "count": { "baseUrl": "{{provider.BaseUrl}}", "api": "openai-completions", "apiKey": "sk-count", "models": [{{string.Join(", ", s_tokens.Select(static t => Model("talk", t, t + 5)).Append(Model("wobble", 25, 30)))}}] },
            "open": { "baseUrl": "{{provider.BaseUrl}}", "api": "openai-completions", "apiKey": "sk-count", "models": [{{Model("talk", 25, 100_000)}}] }
          },
          "aliases": { "wobbly": ["count/wobble-25-20ms", "count/talk-25-20ms"] }
        }
        """;

    public FleetAsk Next(Random random)
    {
        var tokens = s_tokens[random.Next(s_tokens.Length)];
        var stream = random.Next(3) == 0;
        var wobbles = random.Next(12) == 0;
        if (wobbles) tokens = 25;
        var isOpen = Bounds == FleetBounds.OneInTwentyOpen && random.Next(20) == 0;
        var asked = Bounds == FleetBounds.Models || isOpen ? (int?)null : random.Next(5, tokens + 5);
        var model = isOpen ? "open/talk-25-20ms" : wobbles ? "wobbly" : string.Create(CultureInfo.InvariantCulture, $"count/talk-{tokens}-20ms");
        var max = asked is { } most ? string.Create(CultureInfo.InvariantCulture, $", \"max_tokens\": {most}") : "";
        var body = $$"""{ "model": "{{model}}", "stream": {{(stream ? "true" : "false")}}{{max}}, "messages": [{ "role": "user", "content": "{{string.Join(' ', Enumerable.Repeat("please", random.Next(3, 15)))}}" }] }""";
        var prompt = (PromptBound.Of(Encoding.UTF8.GetBytes(body)) + 64) * CountingProvider.InputPrice / 1_000_000;
        return new FleetAsk(body, stream, prompt, isOpen ? null : asked ?? tokens + 5, wobbles && !isOpen);
    }

    private static string Model(string kind, int tokens, int most) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{ "id": "{{kind}}-{{tokens}}-20ms", "name": "{{kind}}", "maxTokens": {{most}}, "contextWindow": 200000, "cost": { "input": {{CountingProvider.InputPrice}}, "output": {{CountingProvider.OutputPrice}} } }""");
}
