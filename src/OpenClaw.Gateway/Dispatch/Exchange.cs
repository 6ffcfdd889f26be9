using Microsoft.AspNetCore.Http;
using OpenClaw.Config;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.Sessions;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>One request on its way: everything the dispatcher needs, nothing it must look up.</summary>
internal sealed class Exchange
{
    public required HttpContext Http { get; init; }

    /// <summary>The protocol the caller speaks.</summary>
    public required IDialect Dialect { get; init; }

    public required GatewayState State { get; init; }

    public required Caller Caller { get; init; }

    public required RequestEnvelope Envelope { get; init; }

    public required Decision Decision { get; init; }

    public required RoutePlan Plan { get; init; }

    /// <summary>What it took from the rates.</summary>
    public required Admitted Admitted { get; init; }

    /// <summary>What the request has reserved and spent.</summary>
    public required Reservation Money { get; init; }

    /// <summary>Warnings that stand or fall with what is held now; null = none.</summary>
    public List<string>? OfThisHold { get; set; }

    /// <summary>Timestamp of the request's arrival.</summary>
    public required long Arrived { get; init; }

    /// <summary>Timestamp of its body's end: from here on the first token is waited for.</summary>
    public required long Received { get; init; }

    /// <summary>Collects the answer's text, for a conversation that the gateway holds; null = the client holds it.</summary>
    public ReplyText? Reply { get; init; }

    /// <summary>Where the request is counted; null = it names no session.</summary>
    public SessionEntry? Session { get; init; }

    public CancellationToken CallerLeft => Http.RequestAborted;

    /// <summary>The caller offers <c>functions</c>, and an answer that is written here is to call them in that form.</summary>
    public bool WantsFunctionCall => Dialect.Kind == DialectKind.OpenAiChat && Understand().Request is { WantsFunctionCall: true };

    private (ChatRequest? Request, GatewayError? Error)? _understood;
    private (ReadOnlyMemory<byte> Body, string Names)? _unrouted;

    /// <summary>The request in the common form, understood at most once, only when some target speaks another dialect.</summary>
    public (ChatRequest? Request, GatewayError? Error) Understand() => _understood ??= Read();

    /// <summary>The caller's body without what lets a target choose among models (<see cref="CallerRouting"/>), and the names of that.</summary>
    public (ReadOnlyMemory<byte> Body, string Names) Unrouted => _unrouted ??= CallerRouting.Without(Envelope.Body.Span);

    /// <summary>The request in the common form once more, to be changed.</summary>
    public (ChatRequest? Request, GatewayError? Error) Read()
    {
        var read = Dialect.ReadRequest(Envelope.Body);
        if (read.Request is { } request) ToolNames = ToolNames.Shorten(request);
        return read;
    }

    /// <summary>The caller's names of tools whose names are shortened in the common form; null = none is.</summary>
    public ToolNames? ToolNames { get; private set; }
}
