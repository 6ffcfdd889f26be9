using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Providers;

namespace OpenClaw.Tests.Gateway.Providers;

public class ModelCatalogTests
{
    [Fact]
    public void Holds_the_public_providers_once_each_model()
    {
        Assert.True(ModelCatalog.All.Count > 400);
        Assert.Equal(ModelCatalog.All.Count, ModelCatalog.All.Select(m => (m.Provider, m.Id)).Distinct().Count());
        Assert.Equal(
            ["anthropic", "deepseek", "gemini", "groq", "mistral", "openai", "openrouter", "xai"],
            ModelCatalog.All.Select(m => m.Provider).Distinct().Order(StringComparer.Ordinal));
        Assert.All(ModelCatalog.All, m => Assert.True(m.ContextWindow is null or > 0));
    }

    [Fact]
    public void Finds_exact_names_only()
    {
        var model = ModelCatalog.Find("google", "gemini-2.5-flash")!;
        Assert.Equal(("gemini", 1048576, 65536, true), (model.Provider, model.ContextWindow!.Value, model.MaxOutput!.Value, model.Reasoning));
        Assert.Equal(InputModalities.Image | InputModalities.Document | InputModalities.Audio | InputModalities.Video, model.Input);
        Assert.Null(ModelCatalog.Find("gemini", "gemini-2.5-flash-002"));
        Assert.Null(ModelCatalog.Find("gemini", "Gemini-2.5-Flash"));
        Assert.Null(ModelCatalog.Find("gemini", "google/gemini-2.5-flash"));
        Assert.NotNull(ModelCatalog.Find("openrouter", "google/gemini-2.5-flash"));
        Assert.Equal(272000, ModelCatalog.Find("openai", "gpt-5")!.MaxInput);
    }

    [Theory]
    [InlineData("anthropic", "claude-3-haiku-20240307", "Yes")]
    [InlineData("anthropic", "claude-opus-4-1", "Yes")]
    [InlineData("anthropic", "claude-sonnet-4-20250514", "Yes")]
    [InlineData("anthropic", "claude-sonnet-4-5-20250929", "Yes")]
    [InlineData("anthropic", "claude-sonnet-4-6", "No")]
    [InlineData("anthropic", "claude-opus-4-6", "No")]
    [InlineData("anthropic", "claude-opus-4-7", "No")]
    [InlineData("anthropic", "claude-sonnet-5", "No")]
    [InlineData("anthropic", "claude-not-known", "No")]
    [InlineData("openrouter", "anthropic/claude-sonnet-4.5", "Yes")]
    [InlineData("openrouter", "anthropic/claude-sonnet-4.6", "No")]
    [InlineData("openrouter", "openai/gpt-4o", "No")]
    [InlineData("openai", "gpt-4o", "No")]
    [InlineData("gemini", "gemini-2.5-pro", "Yes")]
    [InlineData("gemini", "gemini-3-pro-preview", "No")]
    [InlineData("mistral", "mistral-large-latest", "PrefixFlag")]
    [InlineData("mistral", "mistral-embed", "No")]
    [InlineData("deepseek", "deepseek-chat", "PrefixFlag")]
    [InlineData("ollama", "whatever:7b", "Yes")]
    [InlineData("vllm", "my/model", "Yes")]
    [InlineData("llama-server", "m", "Yes")]
    [InlineData("elsewhere", "m", "No")]
    public void Prefill_is_granted_only_where_it_is_known(string provider, string model, string expected) =>
        Assert.Equal(expected, ModelCatalog.PrefillOf(provider, model).ToString());

    [Fact]
    public void A_grant_that_hangs_on_a_flag_needs_the_flag()
    {
        Assert.False(ModelCatalog.GrantsPrefill("deepseek", "deepseek-chat", TargetQuirks.None));
        Assert.True(ModelCatalog.GrantsPrefill("mistral", "mistral-large-latest", TargetQuirks.PrefixFlag));
        Assert.True(ModelCatalog.GrantsPrefill("ollama", "m", TargetQuirks.None));
    }

    [Fact]
    public void A_row_of_other_width_is_a_bug_that_is_named()
    {
        var error = Assert.Throws<InvalidDataException>(() => ModelCatalog.Read(new StringReader("# comment\n\na\tb\n")).ToList());
        Assert.Contains("2 columns", error.Message, StringComparison.Ordinal);
    }
}
