using System.Net;
using OpenClaw.Config;
using OpenClaw.Gateway;
using OpenClaw.Gateway.Control;

namespace OpenClaw.Tests.Gateway.Control;

public sealed class ReadyDiskTests
{
    [Theory]
    [InlineData(null, "/", false)]
    [InlineData("0", "/", false)]
    [InlineData("1 GB", "/", true)]
    [InlineData("10GB", "/", true)]
    [InlineData("", "/", false)]
    [InlineData("1", null, false)]
    [InlineData("1", "/", true)]
    public void A_disk_is_looked_at_where_a_bound_and_a_place_are_known(string? bound, string? folder, bool isAsked)
    {
        var environment = ConfigEnvironment.Of(bound is null ? [] : new Dictionary<string, string> { ["OPENCLAW_READY_MIN_FREE"] = bound });
        var (disk, refusal) = ReadyDisk.Of(environment, folder);
        Assert.Equal(isAsked, disk is not null);
        Assert.Null(refusal);
    }

    [Theory]
    [InlineData("10 apples")]
    [InlineData("-1")]
    [InlineData("ten")]
    public async Task A_bound_that_is_no_size_is_refused_at_the_start(string bound)
    {
        var environment = ConfigEnvironment.Of(new Dictionary<string, string> { ["OPENCLAW_READY_MIN_FREE"] = bound });
        var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions { Port = 0, Environment = environment }, TestContext.Current.CancellationToken);
        Assert.Null(host);
        Assert.Contains("OPENCLAW_READY_MIN_FREE", refusal!.Message, StringComparison.Ordinal);
        Assert.Contains("10GB", refusal.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/", 1, null)]
    [InlineData("/", long.MaxValue, "disk: nearly full")]
    [InlineData("/there/is/no/such/folder", 1, "disk: cannot be looked at")]
    public void What_is_amiss_is_said_without_the_path(string path, long bound, string? problem) => Assert.Equal(problem, new ReadyDisk(path, bound).Problem());

    [Fact]
    public async Task A_full_disk_keeps_requests_away_and_nobody_from_starting()
    {
        var cancel = TestContext.Current.CancellationToken;
        var environment = ConfigEnvironment.Of(new Dictionary<string, string> { ["OPENCLAW_READY_MIN_FREE"] = "9000000000000000000", ["OPENCLAW_READY_DISK"] = "/" });
        var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions { Port = 0, Environment = environment }, cancel);
        Assert.True(host is not null, refusal?.Message);
        await using (host)
        {
            using var client = new HttpClient();
            using var ready = await client.GetAsync(new Uri(host.Address, "/readyz"), cancel);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Contains("\"failing\":[\"disk: nearly full\"]", await ready.Content.ReadAsStringAsync(cancel), StringComparison.Ordinal);
            using var started = await client.GetAsync(new Uri(host.Address, "/startupz"), cancel);
            Assert.Equal(HttpStatusCode.OK, started.StatusCode);
        }
    }
}
