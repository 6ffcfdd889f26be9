using OpenClaw.Gateway.Control;

namespace OpenClaw.Gateway.Sessions;

/// <summary>
/// What a session learns of one request, once: before the last of an answer that goes out whole, so that whoever has the
/// answer finds it there; else when the request is over. Nothing of it waits for a database. Until then the session stays in memory.
/// Used by one request at a time.
/// </summary>
internal sealed class SessionEntry
{
    private readonly SessionDesk _desk;
    private readonly Session _session;
    private readonly HeldTurn? _held;
    private readonly Decision _decision;
    private readonly DateTimeOffset _since;
    private bool _isWritten;

    /// <param name="since">Of which conversation the request is: <see cref="SessionData.Since"/> as it began.</param>
    public SessionEntry(SessionDesk desk, Session session, HeldTurn? held, Decision decision, DateTimeOffset since)
    {
        (_desk, _session, _held, _decision, _since) = (desk, session, held, decision, since);
        session.Hold();
    }

    /// <summary>Keeps the message and its answer where the gateway holds the conversation, then counts the request.</summary>
    public void Write(TimeSpan took)
    {
        if (_isWritten) return;
        _isWritten = true;
        _decision.TotalMs = took.TotalMilliseconds;
        _held?.Record();
        _desk.Settle(_session, _decision, _since);
        _session.Release();
    }
}
