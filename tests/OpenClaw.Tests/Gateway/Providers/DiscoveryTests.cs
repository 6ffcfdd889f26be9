using System.Text;
using OpenClaw.Gateway.Providers;

namespace OpenClaw.Tests.Gateway.Providers;

public class DiscoveryTests
{
    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);

    [Fact]
    public void Ollamas_tags_are_read()
    {
        var models = OllamaTags.Read(Bytes(
            """
            {"models":[{"name":"llama3.2:latest","model":"llama3.2:latest","size":2019393189,"details":{"parameter_size":"3.2B","quantization_level":"Q4_K_M"}},{"name":"old"},{"x":1},7]}
            """))!;
        Assert.Equal(["llama3.2:latest", "old"], models.Select(m => m.Id));
        Assert.Equal(("3.2B", "Q4_K_M", 2019393189L), (models[0].ParameterSize, models[0].Quantization, models[0].SizeBytes!.Value));
    }

    [Fact]
    public void Ollamas_show_tells_window_default_and_abilities()
    {
        var show = OllamaShow.Read(Bytes(
            """
            {"parameters":"stop  \"<|x|>\"\nnum_ctx                        16384","model_info":{"general.architecture":"llama","vision.context_length":7,"llama.context_length":131072},"capabilities":["completion","tools","vision","thinking","new"]}
            """))!;
        Assert.Equal((131072, 16384), (show.ContextWindow!.Value, show.DefaultContext!.Value));
        Assert.Equal(ModelAbilities.Chat | ModelAbilities.Tools | ModelAbilities.Vision | ModelAbilities.Reasoning, show.Abilities);
        Assert.Equal(512, OllamaShow.Read(Bytes("""{"model_info":{"bert.context_length":512}}"""))!.ContextWindow);
    }

    [Theory]
    [InlineData("""{"id":"m","max_model_len":32768,"root":"m"}""", 32768)]
    [InlineData("""{"id":"m","context_length":200000,"top_provider":{"context_length":128000,"max_completion_tokens":16384}}""", 128000)]
    [InlineData("""{"id":"m","context_length":200000,"top_provider":{"context_length":null}}""", 200000)]
    [InlineData("""{"id":"m","meta":{"n_ctx":1024,"n_ctx_train":4096}}""", 1024)]
    [InlineData("""{"id":"m","meta":{"n_ctx_train":4096}}""", 4096)]
    [InlineData("""{"id":"m","context_window":131072}""", 131072)]
    [InlineData("""{"id":"m","object":"model"}""", null)]
    [InlineData("""{"id":"m","max_model_len":"many"}""", null)]
    public void The_window_is_found_in_every_servers_form(string entry, int? expected) =>
        Assert.Equal(expected, OpenAiModels.Read(Bytes($$"""{"object":"list","data":[{{entry}}]}"""))!.Single().ContextWindow);

    [Theory]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("""{"error":{"message":"Invalid API Key"}}""")]
    public void Other_bodies_are_no_listing(string body)
    {
        Assert.Null(OpenAiModels.Read(Bytes(body)));
        Assert.Null(OllamaTags.Read(Bytes(body)));
        Assert.Null(OllamaShow.Read(Bytes(body)));
    }

    [Fact]
    public void A_recorded_listing_of_llama_server_is_read_both_ways()
    {
        var body = File.ReadAllBytes(SharedFiles.Require("fixtures/wire/llama-server/models.body"));
        var model = OpenAiModels.Read(body)!.Single();
        Assert.Equal(("austen-3m-chat", 1024), (model.Id, model.ContextWindow!.Value));
        Assert.Equal("austen-3m-chat", OllamaTags.Read(body)!.Single().Id);
    }
}
