using OpenClaw.EndToEnd.Cli;

namespace OpenClaw.EndToEnd.Operator.Running;

/// <summary>An operator that cannot start says why, what to do, and ends with the code for it.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData(2, "--workers", "write a number", "--workers", "none")]
    [InlineData(2, "is not known here", "did you mean \"--watch-namespaces\"", "--watch-namespace", "a")]
    [InlineData(78, "no cluster is known", "--kubeconfig")]
    [InlineData(78, "nowhere.yaml", "--kubeconfig", "--kubeconfig", "nowhere.yaml")]
    public async Task It_ends_with_its_code(int code, string error, string hint, params string[] arguments)
    {
        using var folder = new CliFolder();
        var run = await folder.RunAsync(["operator", "run", .. arguments]);
        Assert.Equal(code, run.Code);
        Assert.Contains("error: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
        Assert.Contains(hint, run.Error[run.Error.IndexOf("hint: ", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_is_unreachable()
    {
        using var folder = new CliFolder();
        var file = folder.File("config");
        await File.WriteAllTextAsync(file, $"kind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k}}}}]\nclusters: [{{name: k, cluster: {{server: \"https://127.0.0.1:{GatewayProcess.FreePort()}\"}}}}]\n", TestContext.Current.CancellationToken);
        var run = await folder.RunAsync(["operator", "run", "--kubeconfig", file]);
        Assert.Equal(69, run.Code);
        Assert.Contains("does not answer", run.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", run.Error, StringComparison.Ordinal);
    }
}
