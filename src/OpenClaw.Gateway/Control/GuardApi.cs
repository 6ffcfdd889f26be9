using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Control;

/// <summary><c>/openclaw/v1/guard</c> and <c>/openclaw/v1/sessions/{key}/resume</c>: which sessions the runaway guard stopped, and how they go on.</summary>
internal sealed class GuardApi(StateHolder states, RunawayGuard guard)
{
    private const string Before = "/openclaw/v1/sessions/";
    private const string After = "/resume";

    public Task StopsAsync(HttpContext http)
    {
        if (ControlApi.WhyRefused(http, states.Current) is { } error) return ControlApi.RefuseAsync(http, error);
        return JsonAnswer.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("enabled"u8, states.Current.Config.Guard.Enabled);
            json.WriteStartArray("stopped"u8);
            foreach (var stop in guard.Stops()) GuardRecord.WriteTo(json, stop);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>A fresh allowance. Answers what was stopped; a session that was not stopped gets one too.</summary>
    public Task ResumeAsync(HttpContext http)
    {
        if (ControlApi.WhyRefused(http, states.Current) is { } error) return ControlApi.RefuseAsync(http, error);
        var session = NameInPath.Read(http, Before, After);
        if (!guard.Knows(session)) return ControlApi.RefuseAsync(http, new GatewayError(GatewayErrorKind.NotFound, "the runaway guard has not seen a session of that key; GET /openclaw/v1/guard lists those that are stopped"));
        var was = guard.Resume(session);
        return JsonAnswer.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteString("session"u8, session);
            json.WriteBoolean("wasStopped"u8, was is not null);
            if (was is not null)
            {
                json.WriteString("kind"u8, was.KindText);
                json.WriteString("saw"u8, was.Saw);
            }
            json.WriteEndObject();
        });
    }
}
