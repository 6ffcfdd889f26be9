using System.Collections.Immutable;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Config;
using OpenClaw.Gateway;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Commands.Models;

/// <summary>What to probe.</summary>
/// <param name="Provider">Only this one; null = all.</param>
internal sealed record ProbeOrder(string? Provider, TimeSpan Timeout, int MaxTokens);

/// <summary>What one call is made to.</summary>
/// <param name="Model">Null: nobody names a model of the provider, so there is nothing to call.</param>
/// <param name="LimitName">What the provider calls the longest answer.</param>
internal sealed record ProbeTarget(string Provider, string? Model, string LimitName);

/// <summary>What one live call came to.</summary>
/// <param name="Bucket">ok, auth, rate_limit, billing, timeout, format, unknown, no_model.</param>
internal sealed record ProbeRow(string Provider, string? Model, string Bucket, double? Ms, string Message);

/// <summary>
/// <c>models status --probe</c>: one short live call for every model of the default chain and for every provider beside it,
/// two at a time, without fallback. Goes through the running gateway (whose keys are the ones that count), else through one
/// that is started for it on a free port.
/// </summary>
internal static class ModelsProbe
{
    private const int AtOnce = 2;

    public static async Task<(ImmutableArray<ProbeRow>? Rows, int Code)> RunAsync(ModelsView view, GatewayAsk ask, ProbeOrder order, bool json, CancellationToken cancel)
    {
        var only = order.Provider is null ? null : ProviderCatalog.CanonicalId(order.Provider);
        if (only is not null && view.Providers.All(p => p.Id != only))
        {
            return (null, Terminal.Fail(json, $"unknown provider: {only}", "configured: " + string.Join(", ", view.Providers.Select(static p => p.Id))));
        }
        var targets = Targets(view).Where(t => only is null || t.Provider == only).ToList();
        if (view.Gateway is not null)
        {
            GatewayAddress.TryFind(ask, ConfigEnvironment.Process, LocalConfig.Load(ask.Config).Config, out var address, out _);
            return (await RunAsync(targets, new Uri(view.Gateway), address?.Token, order, cancel).ConfigureAwait(false), ExitCode.Ok);
        }
        return await RunAloneAsync(targets, Places.ConfigFile(ask.Config), order, json, cancel).ConfigureAwait(false);
    }

    /// <summary>Through a gateway of its own, on a free port, for as long as it takes.</summary>
    private static async Task<(ImmutableArray<ProbeRow>? Rows, int Code)> RunAloneAsync(
        List<ProbeTarget> targets, string? config, ProbeOrder order, bool json, CancellationToken cancel)
    {
        // Where the configuration wants the usual token, this one is it.
        var made = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var environment = ConfigEnvironment.Process with { Variable = name => name == "OPENCLAW_GATEWAY_TOKEN" ? made : ConfigEnvironment.Process.Variable(name) };
        var configured = LocalConfig.Read(config, environment).Config?.Gateway.Token;
        var token = configured is null ? made : new SecretStore(environment).Read(configured).Value?.Reveal();
        var options = new GatewayOptions { ConfigPath = config, Bind = BindMode.Loopback, Port = 0, Environment = environment, Version = VersionCommand.Version };
        var (host, refusal) = await GatewayHost.StartAsync(options, cancel).ConfigureAwait(false);
        if (host is null) return (null, Terminal.Fail(json, refusal!.Message, refusal.Hint));
        await using (host)
        {
            return (await RunAsync(targets, host.Address, token, order, cancel).ConfigureAwait(false), ExitCode.Ok);
        }
    }

    /// <summary>The chain, and the first model known of every other provider; a null model where none is known.</summary>
    public static List<ProbeTarget> Targets(ModelsView view)
    {
        var targets = new List<ProbeTarget>();
        var chain = new List<string>(view.Fallbacks);
        if (view.Default is not null) chain.Insert(0, view.Default);
        foreach (var reference in chain) targets.Add(Target(reference[..reference.IndexOf('/', StringComparison.Ordinal)], reference));
        foreach (var provider in view.Providers.Where(p => targets.All(t => t.Provider != p.Id)))
        {
            targets.Add(Target(provider.Id, view.Models.FirstOrDefault(m => m.Provider == provider.Id && m.IsAllowed)?.Key));
        }
        return targets;

        ProbeTarget Target(string provider, string? model) => new(provider, model, view.Providers.FirstOrDefault(p => p.Id == provider)?.WantsNewLimitName == true ? "max_completion_tokens" : "max_tokens");
    }

    /// <summary>The bucket of a failure as decisions name it.</summary>
    public static string Bucket(string? failure) => Enum.TryParse<FailureReason>(failure, ignoreCase: true, out var reason)
        ? reason switch
        {
            FailureReason.None => "ok",
            FailureReason.Credential => "auth",
            FailureReason.RateLimited => "rate_limit",
            FailureReason.QuotaExhausted => "billing",
            FailureReason.ModelGone => "no_model",
            // Upstream counts everything that the network does under timeout.
            FailureReason.HeadersTimeout or FailureReason.FirstTokenTimeout or FailureReason.IdleTimeout or FailureReason.TotalTimeout
                or FailureReason.Connect or FailureReason.Dns or FailureReason.Tls or FailureReason.Reset or FailureReason.Cut => "timeout",
            FailureReason.BadRequest or FailureReason.Unsupported or FailureReason.Malformed or FailureReason.Empty
                or FailureReason.Redirect or FailureReason.ContextTooLong or FailureReason.Policy => "format",
            _ => "unknown",
        }
        : "unknown";

    public static string Table(ImmutableArray<ProbeRow> rows)
    {
        var table = new TextTable("Provider", "Model", "Result", "Time", "Says");
        foreach (var row in rows) table.Add(row.Provider, row.Model ?? "-", row.Bucket, Readable.Milliseconds(row.Ms), row.Message);
        return table.ToString();
    }

    public static void Write(Utf8JsonWriter json, ImmutableArray<ProbeRow> rows)
    {
        json.WriteStartArray("probes"u8);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteString("provider"u8, row.Provider);
            json.WriteString("model"u8, row.Model);
            json.WriteString("status"u8, row.Bucket);
            if (row.Ms is { } ms) json.WriteNumber("latencyMs"u8, Math.Round(ms));
            if (row.Message.Length > 0) json.WriteString("message"u8, row.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static async Task<ImmutableArray<ProbeRow>> RunAsync(List<ProbeTarget> targets, Uri gateway, string? token, ProbeOrder order, CancellationToken cancel)
    {
        using var http = GatewayClient.Open(gateway, Timeout.InfiniteTimeSpan);
        if (token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var turn = new SemaphoreSlim(AtOnce);
        var rows = await Task.WhenAll(targets.Select(async target =>
        {
            if (target.Model is null) return new ProbeRow(target.Provider, null, "no_model", null, "no model of it is configured");
            await turn.WaitAsync(cancel).ConfigureAwait(false);
            try
            {
                return await CallAsync(http, target, order, cancel).ConfigureAwait(false);
            }
            finally
            {
                turn.Release();
            }
        })).ConfigureAwait(false);
        return [.. rows];
    }

    private static async Task<ProbeRow> CallAsync(HttpClient http, ProbeTarget target, ProbeOrder order, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(order.Timeout);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = Body(target.Model!, target.LimitName, order.MaxTokens) };
        request.Headers.Add("x-openclaw-fallback", "off");
        var watch = Stopwatch.StartNew();
        try
        {
            using var answer = await http.SendAsync(request, limit.Token).ConfigureAwait(false);
            var ms = watch.Elapsed.TotalMilliseconds;
            if (answer.IsSuccessStatusCode) return new ProbeRow(target.Provider, target.Model, "ok", ms, "");
            var (bucket, message) = await ReasonAsync(http, answer, cancel).ConfigureAwait(false);
            return new ProbeRow(target.Provider, target.Model, bucket, ms, message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            var waited = $"no answer within {Readable.Milliseconds(order.Timeout.TotalMilliseconds)}";
            // It may have waited for what a provider had asked it to wait for.
            var (bucket, message) = await WaitedForAsync(http, target.Model!, cancel).ConfigureAwait(false);
            return new ProbeRow(target.Provider, target.Model, bucket ?? "timeout", watch.Elapsed.TotalMilliseconds, bucket is null ? waited : $"{waited}: {message}");
        }
        catch (HttpRequestException)
        {
            return new ProbeRow(target.Provider, target.Model, "unknown", null, "the gateway went away");
        }
    }

    /// <summary>What the first try of a call that was given up had come to; no bucket: there was nothing yet.</summary>
    private static async Task<(string? Bucket, string Message)> WaitedForAsync(HttpClient http, string model, CancellationToken cancel)
    {
        for (var tries = 0; tries < 20; tries++)
        {
            using var found = await http.GetAsync(new Uri("/openclaw/v1/decisions?limit=50", UriKind.Relative), cancel).ConfigureAwait(false);
            if (!found.IsSuccessStatusCode) break;
            using var decisions = JsonDocument.Parse(await found.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false));
            var own = decisions.RootElement.Items("decisions").FirstOrDefault(d => d.Text("requested") == model && d.Text("outcome") == "cancelled");
            if (own.ValueKind == JsonValueKind.Object)
            {
                var told = own.Items("attempts").FirstOrDefault(static a => a.Text("failure") is { } failure && failure != "clientGone" && Bucket(failure) != "ok");
                return told.ValueKind == JsonValueKind.Object ? (Bucket(told.Text("failure")), told.Text("message") ?? "") : (null, "");
            }
            await Task.Delay(25, cancel).ConfigureAwait(false);
        }
        return (null, "");
    }

    /// <summary>The decision says why; it is written down just after the answer went out.</summary>
    private static async Task<(string Bucket, string Message)> ReasonAsync(HttpClient http, HttpResponseMessage answer, CancellationToken cancel)
    {
        var id = answer.Headers.TryGetValues("x-openclaw-decision", out var ids) ? ids.First() : null;
        for (var tries = 0; id is not null && tries < 20; tries++)
        {
            using var found = await http.GetAsync(new Uri("/openclaw/v1/decisions/" + id, UriKind.Relative), cancel).ConfigureAwait(false);
            if (found.IsSuccessStatusCode)
            {
                using var decision = JsonDocument.Parse(await found.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false));
                var last = decision.RootElement.Items("attempts").LastOrDefault();
                if (last.Text("failure") is { } failure) return (Bucket(failure), last.Text("message") ?? failure);
                if (decision.RootElement.Text("error") is { } error) return (Bucket(null), error);
                break;
            }
            await Task.Delay(25, cancel).ConfigureAwait(false);
        }
        return ("unknown", $"status {(int)answer.StatusCode}");
    }

    private static ByteArrayContent Body(string model, string limitName, int maxTokens)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, model);
            json.WriteNumber(limitName, maxTokens);
            json.WriteStartArray("messages"u8);
            json.WriteStartObject();
            json.WriteString("role"u8, "user"u8);
            json.WriteString("content"u8, "Reply with OK."u8);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return new ByteArrayContent(buffer.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
    }
}
