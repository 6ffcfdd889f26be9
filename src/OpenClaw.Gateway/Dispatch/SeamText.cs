using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>How the place where one target took over from another is told.</summary>
internal static class SeamText
{
    /// <summary>For the decision's notes; null = there is nothing to tell.</summary>
    public static string? Words(Alignment? seam) => seam switch
    {
        Alignment.Exact => "went on exactly where the answer was cut",
        Alignment.Resynchronised => "said it in other words, then went on where the answer was cut",
        Alignment.Parted => "gave another answer: it goes on from the word where the texts part",
        Alignment.Called => "called a tool before it had said what was sent already: the call follows where the answer was cut",
        _ => null,
    };

    /// <summary>For the stream's comment, JSON.</summary>
    public static byte[] HandOver(Target from, Target to, UpstreamFailure why) =>
        Encoding.UTF8.GetBytes($"{{\"from\":\"{Encoded(from.Name)}\",\"to\":\"{Encoded(to.Name)}\",\"because\":\"{EnumText.Camel(why.Reason)}\"}}");

    private static string Encoded(string text) => JsonEncodedText.Encode(text).ToString();
}
