namespace OpenClaw.Config;

/// <summary>The ways to write <c>openclaw.json</c>.</summary>
public enum ConfigDialect
{
    /// <summary>All that this gateway can do: <c>defaultModel</c>, <c>models</c>, <c>routing</c>, <c>budgets</c>, ….</summary>
    Native,

    /// <summary>The guides': <c>gateway</c>, <c>defaultModel</c>, <c>models.allowlist</c>, <c>llmConfig</c>.</summary>
    Brief,

    /// <summary>Upstream OpenClaw's: <c>models.providers</c>, <c>agents.defaults</c>.</summary>
    Upstream,
}
