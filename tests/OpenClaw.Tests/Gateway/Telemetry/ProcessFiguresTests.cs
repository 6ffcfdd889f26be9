using System.Globalization;
using OpenClaw.Gateway.Telemetry;

namespace OpenClaw.Tests.Gateway.Telemetry;

public sealed class ProcessFiguresTests
{
    private static readonly GatewayGauges s_gauges = new(false, 0, []);

    [Theory]
    [InlineData("process_cpu_seconds_total", "counter")]
    [InlineData("process_resident_memory_bytes", "gauge")]
    [InlineData("process_start_time_seconds", "gauge")]
    [InlineData("openclaw_runtime_allocated_bytes_total", "counter")]
    public void A_scrape_tells_the_process_own_figures_with_their_type(string name, string type)
    {
        var lines = Scrape();

        Assert.Contains($"# TYPE {name} {type}", lines);
        Assert.True(Value(lines, name) > 0);
    }

    [Fact]
    public void What_is_allocated_between_two_scrapes_is_counted()
    {
        var before = Value(Scrape(), "openclaw_runtime_allocated_bytes_total");
        GC.KeepAlive(new byte[1 << 20]);
        var after = Value(Scrape(), "openclaw_runtime_allocated_bytes_total");

        Assert.InRange(after - before, 1 << 20, double.MaxValue);
    }

    [Fact]
    public void The_process_started_before_now_and_after_1970()
    {
        var started = Value(Scrape(), "process_start_time_seconds");

        Assert.InRange(started, 1, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
    }

    private static string[] Scrape() => new Metrics().Write(s_gauges).Split('\n');

    private static double Value(string[] lines, string name) =>
        double.Parse(Assert.Single(lines, l => l.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
}
