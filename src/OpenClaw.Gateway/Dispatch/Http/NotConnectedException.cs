namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>The call was given up while there was no connection yet: nothing was sent.</summary>
internal sealed class NotConnectedException(OperationCanceledException inner) : OperationCanceledException("given up before there was a connection", inner, inner.CancellationToken);
