using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

public sealed class GatewayRulesTests
{
    [Fact]
    public void Nothing_said_is_loopback_on_18789_with_an_implied_token()
    {
        var gateway = Expect.Clean("{}").Gateway;
        Assert.Equal((BindMode.Loopback, 18789, AuthMode.Token, true), (gateway.Bind, gateway.Port, gateway.Auth, gateway.AuthIsImplied));
        Assert.Null(gateway.Token);
    }

    [Theory]
    [InlineData("true", AuthMode.Token)]
    [InlineData("false", AuthMode.None)]
    [InlineData("""{ "mode": "none" }""", AuthMode.None)]
    [InlineData("""{ "mode": "token" }""", AuthMode.Token)]
    [InlineData("""{ "mode": "password" }""", AuthMode.Token)]
    [InlineData("{}", AuthMode.Token)]
    public void Auth_is_a_flag_or_an_object(string auth, AuthMode mode)
    {
        var gateway = Expect.Clean($$"""{ "gateway": { "auth": {{auth}} } }""").Gateway;
        Assert.Equal((mode, false), (gateway.Auth, gateway.AuthIsImplied));
    }

    [Fact]
    public void The_token_is_the_files_or_the_environments()
    {
        Assert.Equal("env:OPENCLAW_GATEWAY_TOKEN", Expect.Clean("{}", ("OPENCLAW_GATEWAY_TOKEN", "t")).Gateway.Token!.ToString());
        Assert.Equal("env:OTHER", Expect.Clean("""{ "gateway": { "auth": { "token": "$OTHER" } } }""", ("OTHER", "t"), ("OPENCLAW_GATEWAY_TOKEN", "t2")).Gateway.Token!.ToString());
        Assert.Equal("env:P", Expect.Clean("""{ "gateway": { "auth": { "mode": "password", "password": "${P}" } } }""", ("P", "t")).Gateway.Token!.ToString());
        Expect.Error("""{ "gateway": { "auth": { "token": "a", "password": "b" } } }""", "/gateway/auth", "no mode");
        Expect.Error("""{ "gateway": { "auth": { "mode": "trusted-proxy" } } }""", "/gateway/auth/mode", "not supported");
        foreach (var word in (string[])["tokenn", "trusted-proxi", "zzz"])
        {
            var problem = Expect.Error($$"""{ "gateway": { "auth": { "mode": "{{word}}" } } }""", "/gateway/auth/mode", "Write \"token\".");
            Assert.DoesNotContain("trusted-proxy", problem.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("lan", BindMode.Lan, null)]
    [InlineData("auto", BindMode.Auto, null)]
    [InlineData("0.0.0.0", BindMode.Lan, null)]
    [InlineData("::", BindMode.Lan, null)]
    [InlineData("127.0.0.1", BindMode.Loopback, null)]
    [InlineData("localhost", BindMode.Loopback, null)]
    [InlineData("10.1.2.3", BindMode.Custom, "10.1.2.3")]
    public void Bind_is_a_word_or_an_address(string bind, BindMode mode, string? host)
    {
        var result = SampleFiles.Read($$"""{ "gateway": { "bind": "{{bind}}" } }""");
        Assert.Equal((mode, host), (result.Config!.Gateway.Bind, result.Config.Gateway.CustomBindHost));
        Assert.Equal(bind is "lan" or "auto", result.Problems.IsEmpty);
    }

    [Fact]
    public void A_custom_address_must_be_one()
    {
        Assert.Equal("10.0.0.5", Expect.Clean("""{ "gateway": { "bind": "custom", "customBindHost": "10.0.0.5" } }""").Gateway.CustomBindHost);
        Expect.Error("""{ "gateway": { "bind": "custom" } }""", "/gateway/bind", "no customBindHost");
        Expect.Error("""{ "gateway": { "bind": "custom", "customBindHost": "host" } }""", "/gateway/customBindHost", "not an IP address");
        Expect.Error("""{ "gateway": { "bind": "tailnet" } }""", "/gateway/bind", "not a place to listen");
        Expect.Error("""{ "gateway": { "bind": "lam" } }""", "/gateway/bind", "\"lan\"");
    }

    [Theory]
    [InlineData("lan")]
    [InlineData("auto")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    public void An_open_gateway_stays_on_loopback(string bind)
    {
        Expect.Error($$"""{ "gateway": { "bind": "{{bind}}", "auth": false } }""", "/gateway/auth", "open to the network");
        Assert.Equal(AuthMode.None, Expect.Clean("""{ "gateway": { "bind": "loopback", "auth": false } }""").Gateway.Auth);
        Assert.Equal(AuthMode.None, Expect.Clean("""{ "gateway": { "bind": "custom", "customBindHost": "127.0.0.2", "auth": false } }""").Gateway.Auth);
    }

    [Fact]
    public void The_environments_port_goes_before_the_files()
    {
        Assert.Equal(9000, Expect.Clean("""{ "gateway": { "port": 8000 } }""", ("OPENCLAW_GATEWAY_PORT", "9000")).Gateway.Port);
        Assert.Equal(9100, Expect.Clean("""{ "gateway": { "port": "${PORT}" } }""", ("PORT", "9100")).Gateway.Port);
        var result = SampleFiles.Read("{}", ("OPENCLAW_GATEWAY_PORT", "x"));
        Assert.False(result.IsValid);
        Assert.Contains("OPENCLAW_GATEWAY_PORT", Assert.Single(result.Problems).Message);
    }

    [Fact]
    public void A_token_that_nobody_is_asked_for_is_a_warning()
    {
        Expect.Warning("""{ "gateway": { "auth": { "mode": "none", "token": "abc" } } }""", "/gateway/auth/token", "has no effect", "\"mode\": \"token\"");
    }

    [Fact]
    public void Bounds_are_read()
    {
        var gateway = Expect.Clean("""{ "gateway": { "maxBodyBytes": 2048, "maxConcurrentRequests": 2, "maxConnections": 3, "drainTimeout": "1m30s" } }""").Gateway;
        Assert.Equal((2048L, 2, 3, TimeSpan.FromSeconds(90)), (gateway.MaxBodyBytes, gateway.MaxConcurrentRequests, gateway.MaxConnections, gateway.DrainTimeout));
    }
}
