using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Sessions;

/// <summary>Who typed a slash command, and where.</summary>
/// <param name="Session">Null: the request names none.</param>
/// <param name="IsHeld">The gateway holds the conversation, not the client.</param>
internal sealed record CommandContext(GatewayState State, Caller Caller, Session? Session, bool IsHeld, CancellationToken Cancel)
{
    public string? Override => Session?.Data.Override;

    /// <summary>The configured default model that this caller may use, or null.</summary>
    public string? Default => Routing.RoutePlanner.Resolve(State, Caller, "default", "").Chain is [var first, ..] ? first.ToString() : null;

    /// <summary>What answers now, as it was asked for.</summary>
    public string? CurrentModel => Override ?? Default;
}

/// <summary>What comes of a slash command: a text to answer with, or a text to send on to the model instead of the command.</summary>
internal readonly record struct CommandReply(string Text, string? Forward = null);
