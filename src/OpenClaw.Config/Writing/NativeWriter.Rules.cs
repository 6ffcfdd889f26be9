using OpenClaw.Config.Text;

namespace OpenClaw.Config.Writing;

// Routing, budgets, limits, clients and alerts.
internal sealed partial class NativeWriter
{
    private void WriteRouting(RoutingConfig routing)
    {
        json.WriteStartObject("routing");
        // Which default holds depends on the target, so none is written.
        if (routing.Timeouts != new TimeoutsConfig())
        {
            json.WriteStartObject("timeouts");
            WriteDuration("connect", routing.Timeouts.Connect);
            WriteDuration("headers", routing.Timeouts.Headers);
            WriteDuration("firstToken", routing.Timeouts.FirstToken);
            WriteDuration("idle", routing.Timeouts.Idle);
            WriteDuration("answer", routing.Timeouts.Answer);
            WriteDuration("total", routing.Timeouts.Total);
            json.WriteEndObject();
        }
        json.WriteNumber("retries", routing.Retries);
        if (IsComplete || routing.DeadlineIsExplicit) WriteDuration("deadline", routing.Deadline);
        json.WriteStartObject("cooldown");
        WriteDuration("base", routing.CooldownBase);
        WriteDuration("max", routing.CooldownMax);
        json.WriteEndObject();
        json.WriteString("continuation", routing.Continuation == ContinuationMode.Off ? "off" : "auto");
        json.WriteString("hedging", "off");
        json.WriteString("order", "listed");
        json.WriteString("unsupported", routing.Unsupported == UnsupportedMode.Reject ? "reject" : "warn");
        json.WriteEndObject();
    }

    private void WriteDuration(string name, TimeSpan? duration)
    {
        if (duration is { } value) json.WriteString(name, DurationText.Write(value));
    }

    private void WriteBudgets(OpenClawConfig config)
    {
        if (!config.Budgets.IsEmpty) WriteBudgets(config.Budgets, withScope: true);
    }

    private void WriteBudgets(IEnumerable<BudgetConfig> budgets, bool withScope)
    {
        json.WriteStartArray("budgets");
        foreach (var budget in budgets)
        {
            json.WriteStartObject();
            if (budget.Name is { } name) json.WriteString("name", name);
            if (withScope) json.WriteString("scope", budget.Scope);
            json.WriteString("period", budget.Period);
            json.WriteNumber("limit", budget.Limit);
            json.WriteString("unit", budget.Unit);
            json.WriteString("action", budget.Action);
            if (budget.To is { } to) json.WriteString("to", to);
            if (!budget.WarnAt.IsEmpty)
            {
                json.WriteStartArray("warnAt");
                foreach (var share in budget.WarnAt) json.WriteNumberValue(share);
                json.WriteEndArray();
            }
            if (budget.TimeZone is { } zone) json.WriteString("timeZone", zone);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteLimits(OpenClawConfig config)
    {
        if (!config.Limits.IsEmpty) WriteLimits(config.Limits, withScope: true);
    }

    private void WriteLimits(IEnumerable<LimitConfig> limits, bool withScope)
    {
        json.WriteStartArray("limits");
        foreach (var limit in limits)
        {
            json.WriteStartObject();
            if (withScope) json.WriteString("scope", limit.Scope);
            if (limit.RequestsPerMinute is { } requests) json.WriteNumber("requestsPerMinute", requests);
            if (limit.TokensPerMinute is { } tokens) json.WriteNumber("tokensPerMinute", tokens);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteClients(OpenClawConfig config)
    {
        if (config.Clients.IsEmpty) return;
        json.WriteStartArray("clients");
        foreach (var client in config.Clients)
        {
            json.WriteStartObject();
            json.WriteString("name", client.Name);
            if (client.TokenHash is { } hash) json.WriteString("tokenHash", hash.Contains('$', StringComparison.Ordinal) ? hash : "sha256:" + hash);
            else if (client.Token is { Source: SecretSource.Env } variable && !IsComplete) json.WriteString("tokenEnv", variable.Value);
            else if (client.Token is { Source: SecretSource.File, Pointer: null } file && !IsComplete) json.WriteString("tokenFile", file.Value);
            else WriteSecret("token", client.Token);
            if (!client.Allow.IsEmpty) WriteStrings("allow", client.Allow.Select(static r => r.ToString()));
            if (!client.Budgets.IsEmpty) WriteBudgets(client.Budgets, withScope: false);
            if (!client.Limits.IsEmpty) WriteLimits(client.Limits, withScope: false);
            if (client.Expires is { } expires) json.WriteString("expires", expires.UtcDateTime);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteGuard(GuardConfig guard)
    {
        json.WriteStartObject("guard");
        json.WriteBoolean("enabled", guard.Enabled);
        json.WriteNumber("spendPerMinute", guard.SpendPerMinute);
        json.WriteNumber("spendPerHour", guard.SpendPerHour);
        json.WriteNumber("identicalRequests", guard.IdenticalRequests);
        json.WriteNumber("errorLoop", guard.ErrorLoop);
        json.WriteBoolean("heartbeat", guard.Heartbeat);
        json.WriteNumber("toolLoop", guard.ToolLoop);
        json.WriteNumber("loopSpend", guard.LoopSpend);
        WriteDuration("cooldown", guard.Cooldown);
        json.WriteEndObject();
    }

    private void WriteSessions(SessionsConfig sessions)
    {
        json.WriteStartObject("sessions");
        WriteStrings("from", sessions.From);
        WriteDuration("retention", sessions.Retention);
        json.WriteNumber("maxTranscript", sessions.MaxTranscript);
        json.WriteNumber("max", sessions.Max);
        json.WriteBoolean("commands", sessions.Commands);
        json.WriteEndObject();
    }

    private void WriteAlerts(OpenClawConfig config)
    {
        if (config.Alerts.IsEmpty) return;
        json.WriteStartArray("alerts");
        foreach (var alert in config.Alerts)
        {
            json.WriteStartObject();
            // Addresses of chat hooks are secrets themselves.
            json.WriteString("url", IsComplete && Uri.TryCreate(alert.Url, UriKind.Absolute, out var uri) ? $"{uri.Scheme}://{uri.Authority}/…" : alert.Url);
            if (alert.SecretEnv is { } secret) json.WriteString("secretEnv", secret);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
