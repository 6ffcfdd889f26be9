using OpenClaw.Config;

namespace OpenClaw.Tests;

internal static class ModelRefs
{
    /// <summary><c>provider/model</c>.</summary>
    public static ModelRef Of(string text)
    {
        Assert.True(ModelRef.TryParse(text, out var reference), text);
        return reference;
    }
}
