using System.Net;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Inbound;

/// <summary>
/// A gateway that asks for no token listens on loopback only, where every browser of the machine reaches it: a page of any site
/// may send a form there, and one whose name is made to point at 127.0.0.1 (DNS rebinding) may read the answer. Such requests name
/// that site as their <c>Host</c> or <c>Origin</c>.
/// </summary>
internal static class PageGuard
{
    /// <summary>Why this request is not answered; null: it comes from this machine, as far as can be told.</summary>
    public static GatewayError? Check(HttpRequest request)
    {
        if (!IsOfThisMachine(request.Host.Host)) return Refusal("Host", request.Host.Host);
        var origin = request.Headers.Origin;
        if (origin.Count == 0) return null;
        // Applications bring a scheme of their own (vscode-webview, chrome-extension); "null" is any page in a frame.
        var isKnown = Uri.TryCreate(origin.ToString(), UriKind.Absolute, out var site) && (site.Scheme is not ("http" or "https") || IsOfThisMachine(site.Host));
        return isKnown ? null : Refusal("Origin", origin.ToString());
    }

    // Nobody can register a name without a dot, or one that ends in these.
    private static bool IsOfThisMachine(string host)
    {
        if (IPAddress.TryParse(host, out var address)) return IPAddress.IsLoopback(address);
        return !host.Contains('.', StringComparison.Ordinal)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".internal", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".local", StringComparison.OrdinalIgnoreCase);
    }

    private static GatewayError Refusal(string header, string value) => new(
        GatewayErrorKind.Forbidden,
        $"this gateway asks for no token and answers this machine only, not a page of another site ({header}: {(value.Length > 80 ? value[..80] : value)}); ask it as localhost, or set gateway.auth and a token");
}
