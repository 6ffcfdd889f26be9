using System.Net;
using System.Text;
using System.Text.Json;
using OpenClaw.Kube;
using OpenClaw.Kube.Config;
using OpenClaw.Operator.Running;

namespace OpenClaw.Tests.Operator.Running;

public class OperatorSettingsTests
{
    [Fact]
    public void Nothing_said_is_what_the_manifests_need()
    {
        var read = Read("");
        Assert.Null(read.Problem);
        var options = read.Options!;
        Assert.Empty(options.WatchNamespaces);
        Assert.True(options.LeaderElect);
        Assert.Null(options.LeaseNamespace);
        Assert.Equal((4, ":8081", "desk"), (options.Workers, options.Bind!.ToString(), options.Host));
        Assert.Equal((KubeLogLevel.Information, false), (read.LogLevel, read.LogAsText));
    }

    [Fact]
    public void A_flag_stands_over_its_variable_and_an_empty_variable_is_none()
    {
        var read = Read("--watch-namespaces=b,a,b --leader-elect= --bind=127.0.0.1:9 --log-level=debug --log-format=text",
            ("OPENCLAW_OPERATOR_WATCH_NAMESPACES", "other"), ("OPENCLAW_OPERATOR_LEADER_ELECT", "false"), ("OPENCLAW_OPERATOR_WORKERS", ""), ("POD_NAMESPACE", "mine"), ("POD_NAME", "pod-1"));
        var options = read.Options!;
        Assert.Equal(["b", "a"], options.WatchNamespaces);
        Assert.True(options.LeaderElect);
        Assert.Equal(("mine", "pod-1", 4), (options.LeaseNamespace, options.Host, options.Workers));
        Assert.Equal(new BindAddress(IPAddress.Loopback, 9), options.Bind);
        Assert.Equal((KubeLogLevel.Debug, true), (read.LogLevel, read.LogAsText));
        Assert.Equal(["other"], Read("", ("OPENCLAW_OPERATOR_WATCH_NAMESPACES", "other")).Options!.WatchNamespaces);
        Assert.False(Read("", ("OPENCLAW_OPERATOR_LEADER_ELECT", "false")).Options!.LeaderElect);
        Assert.Null(Read("--bind=off").Options!.Bind);
    }

    [Theory]
    [InlineData("--workers=0", "a number from 1 to 64")]
    [InlineData("--workers=many", "a number from 1 to 64")]
    [InlineData("--watch-namespaces=,", "commas")]
    [InlineData("--watch-namespaces=Team", "commas")]
    [InlineData("--watch-namespaces=a/b", "commas")]
    [InlineData("--leader-elect=maybe", "true or false")]
    [InlineData("--leader-election-namespace=-x", "namespace")]
    [InlineData("--bind=example.com:1", ":8081")]
    [InlineData("--bind=:70000", ":8081")]
    [InlineData("--log-level=loud", "debug")]
    [InlineData("--log-format=xml", "json")]
    public void What_cannot_be_meant_is_told_with_what_to_write(string line, string hint)
    {
        var problem = Read(line).Problem!;
        Assert.True(problem.IsOfCommandLine);
        Assert.StartsWith(line.Split('=')[0], problem.Message, StringComparison.Ordinal);
        Assert.Contains(hint, problem.Hint, StringComparison.Ordinal);
        var name = line.Split('=')[0];
        if (OperatorSettings.All.Single(s => s.Flag == name).Variable is not { } variable) return;
        problem = Read("", (variable, line.Split('=')[1])).Problem!;
        Assert.False(problem.IsOfCommandLine);
        Assert.StartsWith(variable, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(":8081", ":8081")]
    [InlineData("8081", ":8081")]
    [InlineData("localhost:1", "127.0.0.1:1")]
    [InlineData("[::1]:1", "[::1]:1")]
    [InlineData("0.0.0.0:1", "0.0.0.0:1")]
    public void An_address_is_read_as_people_write_it(string text, string meant)
    {
        Assert.True(BindAddress.TryParse(text, out var bind));
        Assert.Equal(meant, bind.ToString());
    }

    [Fact]
    public void A_line_of_the_log_is_one_json_object_whatever_it_says()
    {
        using var output = new MemoryStream();
        var log = new JsonLog(output, KubeLogLevel.Information, asText: false, new ManualTime());
        log.Write(KubeLogLevel.Debug, "not this");
        log.Write(KubeLogLevel.Warning, "two\nlines, \"quoted\" and \u0001");
        log.Write(KubeLogLevel.Error, new string('x', 100_000));
        var lines = Encoding.UTF8.GetString(output.ToArray()).Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal("", lines[2]);
        using var json = JsonDocument.Parse(lines[0]);
        Assert.Equal(["2026-01-01T00:00:00.000000Z", "warn", "two\nlines, \"quoted\" and \u0001"], json.RootElement.EnumerateObject().Select(static f => f.Value.GetString()));
        Assert.InRange(lines[1].Length, 8000, 9000);
    }

    private static SettingResult Read(string line, params (string Name, string Value)[] variables)
    {
        var flags = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static f => f.Split('=', 2)).ToDictionary(static f => f[0], static f => f[1]);
        var environment = new KubeEnvironment { Variable = name => variables.FirstOrDefault(v => v.Name == name).Value };
        return OperatorSettings.Read(flags.GetValueOrDefault, environment, "desk", "1");
    }
}
