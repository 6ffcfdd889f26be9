namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>
/// A connection that had rested took a request and ended without a byte of an answer. Most likely the other side was closing
/// it for its age when the request came; that the request was taken cannot be ruled out.
/// </summary>
internal sealed class StaleConnectionException(Exception? inner = null) : HttpIOException(HttpRequestError.ResponseEnded, "the connection ended before the answer", inner);
