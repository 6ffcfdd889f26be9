using System.Text;
using System.Text.Json;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Control;

public sealed class SessionsApiTests
{
    [Theory]
    [InlineData("POST", "/messages", """{"text":"\ud800"}""")]
    [InlineData("POST", "/messages", """{"text":"hello","model":"\ud800"}""")]
    [InlineData("POST", "/messages", """{"\ud800":1}""")]
    [InlineData("PATCH", "", """{"title":"\ud800"}""")]
    [InlineData("PATCH", "", """{"override":"\ud800"}""")]
    [InlineData("PATCH", "", """{"usage":"\ud800"}""")]
    [InlineData("PATCH", "", """{"\ud800":1}""")]
    public async Task Text_that_is_not_Unicode_is_a_400_in_words(string method, string path, string body)
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok" }""");
        var (status, answer) = await CallAsync(gateway, method, path, body);
        Assert.Equal(400, status);
        using var json = JsonDocument.Parse(answer);
        Assert.NotEqual("", json.RootElement.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_body_as_deep_as_the_door_lets_in_is_read()
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok" }""");
        var deep = new string('[', 100) + new string(']', 100);
        Assert.Equal(200, (await CallAsync(gateway, "POST", "/messages", $$"""{"text":"hello","x":{{deep}}}""")).Status);
        Assert.Equal(400, (await CallAsync(gateway, "PATCH", "", $$"""{"title":{{deep}}}""")).Status);
    }

    private static async Task<(int Status, string Body)> CallAsync(RunningGateway gateway, string method, string path, string body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Address, "/openclaw/v1/sessions/main" + path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
