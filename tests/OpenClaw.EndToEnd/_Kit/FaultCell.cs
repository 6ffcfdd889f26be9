using System.Globalization;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd;

public enum Wire
{
    OpenAi,
    Anthropic,
    Gemini,
    Ollama,
}

/// <summary>A scenario on a pair of provider protocols, asked in one client protocol. Its providers are its own: no cell sees another's cooldowns.</summary>
internal sealed record FaultCell(int Number, FaultScenario Scenario, ClientProtocol Protocol, bool Stream, Wire Primary, Wire Fallback)
{
    private string Tag => Number.ToString("D4", CultureInfo.InvariantCulture);

    /// <summary>The name that the client asks for.</summary>
    public string Alias => "c" + Tag;

    public string PrimaryProvider => "p" + Tag;

    public string FallbackProvider => "f" + Tag;

    /// <summary>As the provider sees it; the part before the slash keeps the cells' counters apart.</summary>
    public string PrimaryModel => $"p{Tag}/{Scenario.Primary}";

    public string FallbackModel => $"f{Tag}/{Scenario.Fallback}";

    public string PrimaryRef => $"{PrimaryProvider}/{PrimaryModel}";

    public string FallbackRef => $"{FallbackProvider}/{FallbackModel}";

    /// <summary>The fault strikes after the client has its first token.</summary>
    public bool IsMidStream => Scenario.MidStream && Stream;

    public override string ToString() =>
        $"{Scenario.Id} {Scenario.Primary}: {Protocol} {(Stream ? "streaming" : "whole")}, {Primary} then {Fallback}".ToLowerInvariant();
}

/// <summary>What came of a cell: what the client got and what the providers saw.</summary>
internal sealed record FaultResult(FaultCell Cell, FaultTimings Timings, ChatReply Reply, IReadOnlyList<ScriptedCall> PrimaryCalls, IReadOnlyList<ScriptedCall> FallbackCalls)
{
    /// <summary>Every reply of a sequence with its start.</summary>
    public IReadOnlyList<(TimeSpan At, ChatReply Reply)> Sequence { get; init; } = [];

    /// <summary>When the sequence began, on the provider's clock.</summary>
    public TimeSpan Began { get; init; }

    public ChatReply? Afterwards { get; init; }

    public bool AnsweredByFallback => FallbackCalls.Count > 0;
}
