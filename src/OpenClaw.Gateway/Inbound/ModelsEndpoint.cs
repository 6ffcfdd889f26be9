using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Inbound;

/// <summary>
/// <c>GET /v1/models</c> and <c>/v1/models/{id}</c>: what the caller may ask for. In Anthropic's shape when the request
/// carries <c>anthropic-version</c>, else in OpenAI's.
/// </summary>
internal sealed class ModelsEndpoint(StateHolder states)
{
    public Task ListAsync(HttpContext http)
    {
        var state = states.Current;
        if (state.Authentication.Authenticate(http.Request) is not { } caller) return RefuseAsync(http, state.Authentication.WhyNot(http.Request));
        var anthropic = IsAnthropic(http);
        return JsonAnswer.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            if (!anthropic) json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            foreach (var (id, reference) in Listed(state, caller)) Write(json, id, reference, state, anthropic);
            json.WriteEndArray();
            if (anthropic) json.WriteBoolean("has_more"u8, false);
            json.WriteEndObject();
        });
    }

    public Task ShowAsync(HttpContext http)
    {
        var state = states.Current;
        if (state.Authentication.Authenticate(http.Request) is not { } caller) return RefuseAsync(http, state.Authentication.WhyNot(http.Request));
        var id = Uri.UnescapeDataString(http.Request.Path.Value!["/v1/models/".Length..]);
        var anthropic = IsAnthropic(http);
        foreach (var (name, reference) in Listed(state, caller))
        {
            if (name == id) return JsonAnswer.WriteAsync(http, json => Write(json, name, reference, state, anthropic));
        }
        var near = Routing.NearestReferences.Of(id, [.. Listed(state, caller).Select(static m => m.Id)], 3);
        return RefuseAsync(http, new GatewayError(GatewayErrorKind.ModelUnknown, $"unknown model \"{id}\"; nearest: {string.Join(", ", near)}") { Param = "model" });
    }

    /// <summary>What a caller may name: the default, every exact reference that is configured or found at an open local server, if allowed, and the aliases.</summary>
    public static IEnumerable<(string Id, ModelRef? Reference)> Listed(GatewayState state, Caller caller)
    {
        var models = state.Config.Models;
        if (!models.Chain.IsEmpty) yield return ("openclaw", null);
        foreach (var reference in state.KnownReferences)
        {
            if (models.IsAllowed(reference) && caller.MayUse(reference)) yield return (reference.ToString(), reference);
        }
        foreach (var reference in state.DiscoveredReferences())
        {
            if (models.IsAllowed(reference) && caller.MayUse(reference)) yield return (reference.ToString(), reference);
        }
        foreach (var (name, chain) in models.Aliases)
        {
            if (chain.Any(r => models.IsAllowed(r) && caller.MayUse(r))) yield return (name, null);
        }
    }

    private static void Write(Utf8JsonWriter json, string id, ModelRef? reference, GatewayState state, bool anthropic)
    {
        var created = state.Loaded;
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        if (anthropic)
        {
            json.WriteString("type"u8, "model"u8);
            json.WriteString("display_name"u8, id);
            json.WriteString("created_at"u8, created.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteString("object"u8, "model"u8);
            json.WriteNumber("created"u8, created.ToUnixTimeSeconds());
            json.WriteString("owned_by"u8, reference?.Provider ?? "openclaw");
            if (reference is { } known && state.TargetOf(known).Target?.ContextWindow is { } window) json.WriteNumber("context_window"u8, window);
        }
        json.WriteEndObject();
    }

    private static bool IsAnthropic(HttpContext http) => http.Request.Headers.ContainsKey("anthropic-version");

    private static Task RefuseAsync(HttpContext http, GatewayError error) => ErrorAnswer.WriteAsync(
        http, DialectTable.Of(IsAnthropic(http) ? DialectKind.Anthropic : DialectKind.OpenAiChat), error, new Decision("none", default, "none"));
}
