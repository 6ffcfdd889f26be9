namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>Where connections go: two addresses with the same origin share them.</summary>
/// <param name="Host">A name or an address, without brackets.</param>
internal readonly record struct HttpOrigin(string Host, int Port, bool IsTls)
{
    public static HttpOrigin Of(Uri uri) => new(uri.IdnHost, uri.Port, uri.Scheme == Uri.UriSchemeHttps);
}
