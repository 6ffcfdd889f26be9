using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Providers;

namespace OpenClaw.Tests.Gateway.Providers;

public class ProviderQuirksTests
{
    [Theory]
    [InlineData("openai", "https://api.openai.com/v1", TargetQuirks.MaxCompletionTokens)]
    [InlineData("openai", "http://localhost:8000/v1", TargetQuirks.None)]
    [InlineData("openai", "https://api.deepseek.com/v1", TargetQuirks.DeepSeek)]
    [InlineData("deepseek", "https://gateway.example/deepseek", TargetQuirks.DeepSeek)]
    [InlineData(null, "https://api.deepseek.com/beta", TargetQuirks.DeepSeek)]
    [InlineData(null, "https://api.moonshot.cn/v1", TargetQuirks.Moonshot)]
    [InlineData(null, "https://api.kimi.com/coding/v1", TargetQuirks.Moonshot)]
    [InlineData("mistral", "https://api.mistral.ai/v1", TargetQuirks.PrefixFlag | TargetQuirks.ShortCallIds)]
    [InlineData(null, "https://api.mistral.ai/v1", TargetQuirks.ShortCallIds)]
    [InlineData(null, "https://generativelanguage.googleapis.com/v1beta/openai", TargetQuirks.CallSignatures)]
    [InlineData(null, "https://example.com/api.mistral.ai", TargetQuirks.None)]
    internal void What_a_server_wants_otherwise_is_known_by_its_preset_or_its_host(string? preset, string url, TargetQuirks quirks) =>
        Assert.Equal(quirks, ProviderQuirks.Of(new ProviderConfig { Id = "mine", Preset = preset, Api = ApiKind.OpenAiChat, BaseUrl = url }));
}
