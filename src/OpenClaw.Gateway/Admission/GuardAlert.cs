using System.Globalization;
using OpenClaw.Gateway.Metering.Alerts;

namespace OpenClaw.Gateway.Admission;

/// <summary>The alert of a session that the guard stopped.</summary>
internal static class GuardAlert
{
    public const string Event = "session.stopped";

    public static Alert Of(GuardStop stop)
    {
        var id = AlertId.Of(Event, stop.Caller, stop.Session, stop.Since.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
        return new Alert(id, Event, stop.Since, AlertBody.Write(id, Event, stop.Since, $"the runaway guard stopped session \"{stop.Session}\" of {stop.Caller}: {stop.Saw}", json =>
        {
            json.WritePropertyName("stop"u8);
            GuardRecord.WriteTo(json, stop);
        }));
    }
}
