using OpenClaw.Gateway.Control;

namespace OpenClaw.Gateway.Sessions;

/// <summary>
/// What a session learns of one request, once: before the last of an answer that goes out whole, so that whoever has the
/// answer finds it there; else when the request is over. Nothing of it waits for a database. Used by one request at a time.
/// </summary>
/// <param name="since">Of which conversation the request is: <see cref="SessionData.Since"/> as it began.</param>
internal sealed class SessionEntry(SessionDesk desk, Session session, HeldTurn? held, Decision decision, DateTimeOffset since)
{
    private bool _isWritten;

    /// <summary>Keeps the message and its answer where the gateway holds the conversation, then counts the request.</summary>
    public void Write(TimeSpan took)
    {
        if (_isWritten) return;
        _isWritten = true;
        decision.TotalMs = took.TotalMilliseconds;
        held?.Record();
        desk.Settle(session, decision, since);
    }
}
