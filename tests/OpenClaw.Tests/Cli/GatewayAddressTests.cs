using OpenClaw.Client;
using OpenClaw.Commands;

namespace OpenClaw.Tests.Cli;

public sealed class GatewayAddressTests
{
    [Fact]
    public void Is_the_configured_port_of_this_machine_with_the_configured_token()
    {
        var address = Find(new GatewayAsk(null, null, null), """{ "gateway": { "port": 4711, "auth": { "mode": "token", "token": "own-token" } } }""");
        Assert.Equal(("http://127.0.0.1:4711", "own-token", false), (address.ToString(), address.Token, address.IsNamed));
    }

    [Fact]
    public void The_environment_goes_over_the_file_and_an_option_over_both()
    {
        var address = Find(new GatewayAsk(null, null, null), """{ "gateway": { "port": 4711 } }""", ("OPENCLAW_GATEWAY_PORT", "4712"));
        Assert.Equal("http://127.0.0.1:4712", address.ToString());
        address = Find(new GatewayAsk(null, null, null), "{}", ("OPENCLAW_GATEWAY_URL", "https://gw.example/path"), ("OPENCLAW_GATEWAY_TOKEN", "t1"));
        Assert.Equal(("https://gw.example", "t1"), (address.ToString(), address.Token));
        address = Find(new GatewayAsk("other:8080", "t2", null), "{}", ("OPENCLAW_GATEWAY_URL", "https://gw.example"), ("OPENCLAW_GATEWAY_TOKEN", "t1"));
        Assert.Equal(("http://other:8080", "t2", true), (address.ToString(), address.Token, address.IsNamed));
    }

    [Fact]
    public void The_files_token_is_not_sent_to_an_address_that_was_typed()
    {
        var address = Find(new GatewayAsk("http://elsewhere:1", null, null), """{ "gateway": { "auth": { "mode": "token", "token": "own-token" } } }""");
        Assert.Null(address.Token);
    }

    [Fact]
    public void The_files_token_goes_before_the_environments_as_the_gateway_takes_them()
    {
        const string File = """{ "gateway": { "auth": { "token": "of-the-file" } } }""";
        Assert.Equal("of-the-file", Find(new GatewayAsk(null, null, null), File, ("OPENCLAW_GATEWAY_TOKEN", "of-the-environment")).Token);
        Assert.Equal("of-the-environment", Find(new GatewayAsk("http://elsewhere:1", null, null), File, ("OPENCLAW_GATEWAY_TOKEN", "of-the-environment")).Token);
        Assert.Equal("typed", Find(new GatewayAsk(null, "typed", null), File, ("OPENCLAW_GATEWAY_TOKEN", "of-the-environment")).Token);
    }

    [Theory]
    [InlineData("ftp://host")]
    [InlineData("http://")]
    public void What_is_no_address_is_refused(string url)
    {
        Assert.False(GatewayAddress.TryFind(new GatewayAsk(url, null, null), LocalView.Environment(), null, out _, out var problem));
        Assert.Equal("the gateway's address is not an http or https URL", problem);
    }

    [Fact]
    public async Task Nobody_there_is_an_answer_too()
    {
        var address = Find(new GatewayAsk("http://127.0.0.1:1", null, null), "{}");
        using var client = new GatewayClient(address);
        var reach = await client.GetAsync("/openclaw/v1/status", TestContext.Current.CancellationToken);
        Assert.Equal((ReachKind.Unreachable, "no gateway answers at http://127.0.0.1:1"), (reach.Kind, reach.Message));
    }

    private static GatewayAddress Find(GatewayAsk ask, string config, params (string Name, string Value)[] variables)
    {
        Assert.True(GatewayAddress.TryFind(ask, LocalView.Environment(variables), LocalView.Read(config, variables).Config, out var address, out _));
        return address;
    }
}
