using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering.Alerts;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Prices;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;
using OpenClaw.Gateway.Telemetry;

namespace OpenClaw.Gateway.Control;

/// <summary><c>/openclaw/v1</c>, health and metrics: what the gateway sees, for people, the CLI and the UI. Never a secret, never a prompt.</summary>
internal sealed class ControlApi(
    string version, StateHolder states, DecisionLog decisions, Metrics metrics, StateBuilder builder, ConfigWatcher watcher, Drain drain, BudgetsApi budgets, AlertState alerts, LedgerState ledger, ReadyDisk? disk, TimeProvider time)
{
    private readonly DateTimeOffset _started = time.GetUtcNow();

    /// <summary>No database and no provider is asked. While draining it is 503; the kubelet asks for no liveness of a pod that ends.</summary>
    public Task HealthAsync(HttpContext http)
    {
        var isLeaving = drain.IsDraining;
        return JsonAnswer.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("ok"u8, !isLeaving);
            json.WriteString("status"u8, isLeaving ? "draining"u8 : "live"u8);
            json.WriteEndObject();
        }, isLeaving ? 503 : 200);
    }

    public Task ReadyAsync(HttpContext http)
    {
        var readiness = Readiness.Of(drain.IsDraining, ledger.Facts, ledger.WhyNotAccepting is not null, needsLedger: ledger.IsShared || !states.Current.Config.Budgets.IsEmpty,
            // A full disk and a long sum keep new requests away, and nobody from starting.
            http.Request.Path == "/startupz" ? null : disk?.Problem(), http.Request.Path != "/startupz" && budgets.IsSumming,
            watcher.IsStale, builder.Secrets.Losses().Count);
        return JsonAnswer.WriteAsync(
            http,
            json =>
            {
                json.WriteStartObject();
                json.WriteBoolean("ready"u8, readiness.IsReady);
                WriteList(json, "failing", readiness.Failing);
                WriteList(json, "degraded", readiness.Degraded);
                json.WriteNumber("uptimeMs"u8, (long)(time.GetUtcNow() - _started).TotalMilliseconds);
                json.WriteEndObject();
            },
            readiness.IsReady ? 200 : 503);
    }

    /// <summary>No token: a scraper has none, and nothing here names a session, a prompt or a key.</summary>
    public async Task MetricsAsync(HttpContext http)
    {
        await budgets.LoadAsync(states.Current, http.RequestAborted).ConfigureAwait(false);
        var targets = states.Current.SeenTargets().Select(t => (t.Name, t.Health.IsAvailable(time.GetUtcNow()))).ToList();
        var text = metrics.Write(new GatewayGauges(watcher.IsStale, decisions.Dropped, targets)
        {
            Budgets = budgets.Standings(states.Current), Alerts = alerts.Results,
        }) + LedgerFigures.Text(ledger.Facts);
        http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await http.Response.WriteAsync(text, http.RequestAborted).ConfigureAwait(false);
    }

    public async Task StatusAsync(HttpContext http)
    {
        if (WhyRefused(http, states.Current) is null) await budgets.LoadAsync(states.Current, http.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(http, WriteStatus).ConfigureAwait(false);
    }

    private void WriteStatus(Utf8JsonWriter json, GatewayState state)
    {
        json.WriteStartObject();
        json.WriteString("version"u8, version);
        json.WriteString("startedAt"u8, _started);
        json.WriteString("configLoadedAt"u8, state.Loaded);
        json.WriteBoolean("configIsStale"u8, watcher.IsStale);
        json.WriteStartArray("configProblems"u8);
        foreach (var problem in watcher.Problems) json.WriteStringValue(problem);
        json.WriteEndArray();
        json.WriteStartArray("secretProblems"u8);
        foreach (var (secret, problem) in builder.Secrets.Losses()) json.WriteStringValue($"{secret}: {problem}; its old value is in use");
        json.WriteEndArray();
        json.WriteBoolean("draining"u8, drain.IsDraining);
        json.WriteNumber("inFlight"u8, metrics.InFlight);
        LedgerFigures.Write(json, ledger.Facts);
        json.WriteStartArray("chain"u8);
        foreach (var reference in state.Config.Models.Chain) json.WriteStringValue(reference.ToString());
        json.WriteEndArray();
        json.WriteStartArray("providers"u8);
        foreach (var provider in state.Config.Providers) WriteProvider(json, state, provider);
        json.WriteEndArray();
        json.WriteStartArray("unpriced"u8);
        foreach (var reference in state.KnownReferences.Where(r => state.TargetOf(r).Target is { Price.IsUnpriced: true })) json.WriteStringValue(reference.ToString());
        json.WriteEndArray();
        json.WriteStartArray("targets"u8);
        foreach (var target in state.SeenTargets()) WriteHealth(json, target.Ref, target.Health);
        json.WriteEndArray();
        budgets.Write(json, state);
        json.WriteEndObject();
    }

    /// <summary>Every budget: limit, spent, reserved, left, when it starts anew; by subject where each has its own.</summary>
    public async Task BudgetsAsync(HttpContext http)
    {
        if (WhyRefused(http, states.Current) is { } error)
        {
            await RefuseAsync(http, error).ConfigureAwait(false);
            return;
        }
        await budgets.LoadAsync(states.Current, http.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(http, (json, state) =>
        {
            json.WriteStartObject();
            budgets.Write(json, state);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public Task ModelsAsync(HttpContext http) => AnswerAsync(http, (json, state) =>
    {
        json.WriteStartObject();
        var chain = state.Config.Models.Chain;
        if (!chain.IsEmpty) json.WriteString("default"u8, chain[0].ToString());
        json.WriteStartArray("fallbacks"u8);
        foreach (var reference in chain.Skip(1)) json.WriteStringValue(reference.ToString());
        json.WriteEndArray();
        json.WriteStartArray("models"u8);
        foreach (var reference in state.KnownReferences) WriteModel(json, state, reference);
        foreach (var reference in state.DiscoveredReferences())
        {
            if (state.Config.Models.IsAllowed(reference)) WriteModel(json, state, reference);
        }
        json.WriteEndArray();
        json.WriteStartObject("aliases"u8);
        foreach (var (name, references) in state.Config.Models.Aliases)
        {
            json.WriteStartArray(name);
            foreach (var reference in references) json.WriteStringValue(reference.ToString());
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private const int MostListed = 1000;

    /// <summary><c>?limit=</c> (50, at most 1000).</summary>
    public Task DecisionsAsync(HttpContext http)
    {
        var asked = 50;
        if (http.Request.Query["limit"] is [{ Length: > 0 } text, ..] && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out asked) || asked is < 1 or > MostListed))
        {
            return RefuseAsync(http, WhyRefused(http, states.Current) ?? new GatewayError(GatewayErrorKind.BadRequest, $"limit is a number from 1 to {MostListed}") { Param = "limit" });
        }
        return AnswerAsync(http, (json, _) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("decisions"u8);
            foreach (var decision in decisions.Latest(asked)) decision.WriteTo(json);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public Task DecisionAsync(HttpContext http)
    {
        var id = http.Request.Path.Value!["/openclaw/v1/decisions/".Length..];
        if (decisions.Find(id) is { } decision) return AnswerAsync(http, (json, _) => decision.WriteTo(json));
        return RefuseAsync(http, WhyRefused(http, states.Current)
            ?? new GatewayError(GatewayErrorKind.NotFound, $"no decision \"{(id.Length > 64 ? id[..64] : id)}\"; the last few thousand are kept"));
    }

    /// <summary>The configuration in force, secrets shown as where they are from.</summary>
    public Task ConfigAsync(HttpContext http) => AnswerAsync(http, static (json, state) => ConfigPrinter.Write(json, state.Written));

    private async Task AnswerAsync(HttpContext http, Action<Utf8JsonWriter, GatewayState> write)
    {
        var state = states.Current;
        if (WhyRefused(http, state) is { } error) await RefuseAsync(http, error).ConfigureAwait(false);
        else await JsonAnswer.WriteAsync(http, json => write(json, state)).ConfigureAwait(false);
    }

    /// <summary>Why the caller may not see or change anything here; null = it may.</summary>
    public static GatewayError? WhyRefused(HttpContext http, GatewayState state)
    {
        if (state.Authentication.Authenticate(http.Request) is not { } caller) return state.Authentication.WhyNot(http.Request);
        return caller == Caller.Owner ? null : new GatewayError(GatewayErrorKind.Forbidden, "the control API takes the gateway's own token, not a client's");
    }

    public static Task RefuseAsync(HttpContext http, GatewayError error) =>
        ErrorAnswer.WriteAsync(http, DialectTable.Of(DialectKind.OpenAiChat), error, new Decision("none", default, "control"));

    private void WriteProvider(Utf8JsonWriter json, GatewayState state, ProviderConfig provider)
    {
        var entry = state.Providers[provider.Id];
        json.WriteStartObject();
        json.WriteString("id"u8, provider.Id);
        json.WriteString("api"u8, provider.Api.ToString());
        json.WriteString("baseUrl"u8, provider.BaseUrl);
        json.WriteBoolean("local"u8, provider.IsLocal);
        json.WriteStartArray("keys"u8);
        foreach (var key in entry.Keys.Snapshot(time.GetUtcNow()))
        {
            json.WriteStartObject();
            json.WriteString("alias"u8, key.Alias);
            json.WriteString("state"u8, key.Problem ?? (key.Parks.Count == 0 ? "ok" : "parked"));
            if (key.Loss is { } loss) json.WriteString("problem"u8, loss + "; its old value is in use");
            json.WriteStartArray("parked"u8);
            foreach (var (model, park) in key.Parks)
            {
                json.WriteStartObject();
                if (model.Length > 0) json.WriteString("model"u8, model);
                json.WriteString("reason"u8, EnumText.Camel(park.Reason));
                if (park.Until is { } until) json.WriteString("until"u8, until);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (entry.Keys.Take("", time.GetUtcNow()).Missing is { } missing) json.WriteString("missing"u8, missing.Message);
        if (state.ServedBy(provider) is { } served)
        {
            json.WriteStartObject("serves"u8);
            json.WriteNumber("models"u8, served.Models.Length);
            if (served.At is { } at) json.WriteString("at"u8, at);
            if (served.Problem is { } problem) json.WriteString("problem"u8, problem);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private void WriteHealth(Utf8JsonWriter json, ModelRef reference, TargetState health)
    {
        var now = health.Snapshot();
        json.WriteStartObject();
        json.WriteString("target"u8, reference.ToString());
        json.WriteBoolean("available"u8, health.IsAvailable(time.GetUtcNow()));
        json.WriteString("state"u8, now.Describe(time.GetUtcNow()));
        if (now.Until is { } until && now.State != BreakerState.Closed) json.WriteString("until"u8, until);
        json.WriteEndObject();
    }

    private void WriteModel(Utf8JsonWriter json, GatewayState state, ModelRef reference)
    {
        var (target, missing) = state.TargetOf(reference);
        var chain = state.Config.Models.Chain;
        var why = missing?.Message ?? (target is null ? null : state.WhyNotServed(target));
        json.WriteStartObject();
        json.WriteString("key"u8, reference.ToString());
        json.WriteString("provider"u8, reference.Provider);
        json.WriteBoolean("allowed"u8, state.Config.Models.IsAllowed(reference));
        json.WriteBoolean("available"u8, target is not null && target.Provider.Keys.Take(reference.Model, time.GetUtcNow()).Missing is null);
        if (why is not null) json.WriteString("missing"u8, why);
        if (target?.ContextWindow is { } window) json.WriteNumber("contextWindow"u8, window);
        json.WriteBoolean("local"u8, target?.Provider.Config.IsLocal ?? false);
        json.WriteStartArray("input"u8);
        json.WriteStringValue("text"u8);
        if (target?.TakesImages == true) json.WriteStringValue("image"u8);
        json.WriteEndArray();
        if (target is not null) PriceJson.Write(json, target.Price, time.GetUtcNow());
        json.WriteStartArray("tags"u8);
        var place = chain.IndexOf(reference);
        if (place == 0) json.WriteStringValue("default"u8);
        if (place > 0) json.WriteStringValue("fallback#" + place.ToString(CultureInfo.InvariantCulture));
        foreach (var (alias, references) in state.Config.Models.Aliases)
        {
            if (references.Contains(reference)) json.WriteStringValue("alias:" + alias);
        }
        if (target is { Price.IsUnpriced: true }) json.WriteStringValue("unpriced"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
