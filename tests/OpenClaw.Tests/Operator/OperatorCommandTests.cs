using OpenClaw.Commands;
using OpenClaw.Operator.Build;

namespace OpenClaw.Tests.Operator;

public class OperatorCommandTests
{
    [Theory]
    [InlineData("operator render -f a.yaml -f b.yaml --json")]
    [InlineData("operator manifests --out x")]
    [InlineData("operator manifests --crds")]
    [InlineData("operator manifests --watch-namespaces a,b")]
    [InlineData("operator run")]
    [InlineData("operator run --leader-elect --watch-namespaces a,b --workers 8")]
    [InlineData("operator run --leader-elect=false --kubeconfig f --context c --bind off --log-level debug --log-format text --leader-election-namespace x")]
    [InlineData("operator merge own over --force a.b --force c")]
    [InlineData("doctor -f a.yaml")]
    public void A_command_line_is_understood(string line)
    {
        Assert.Empty(CommandLine.Parse(line.Split(' ')).Errors);
    }

    [Theory]
    [InlineData("operator render")]
    [InlineData("operator run --namespace x")]
    [InlineData("operator run --workers")]
    public void What_is_not_there_is_refused(string line)
    {
        Assert.NotEmpty(CommandLine.Parse(line.Split(' ')).Errors);
    }

    [Fact]
    public void The_doctor_says_what_to_write()
    {
        var file = new InstanceFile();
        file.Add("x", "apiVersion: openclaw.rocks/v1alpha1\nkind: OpenClawInstance\nmetadata: {name: it}\nspec: {suspend: true}\n");
        var text = OperatorDoctor.Text([("it", InstanceDrawing.Of(file.FactsOf(file.Instances.Single(), "1")))]);
        Assert.Equal("Instance: it\n\nFAIL  spec.suspend: there is no such field\n      -> did you mean suspended?\n\n1 would fail, 0 to look at.\n", text);
    }

    [Theory]
    [InlineData("a: [1\n", "x line 2: ")]
    [InlineData("a: 1", "x line 1: this is no Kubernetes object: it has no kind")]
    [InlineData("apiVersion: openclaw.rocks/v1\nkind: OpenClawInstance\n", "x line 1: apiVersion is openclaw.rocks/v1; write openclaw.rocks/v1alpha1")]
    public void A_file_that_is_none_is_told_with_its_line(string text, string problem)
    {
        var file = new InstanceFile();
        file.Add("x", text);
        Assert.StartsWith(problem, Assert.Single(file.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_is_its_items()
    {
        var file = new InstanceFile();
        file.Add("x", "kind: List\napiVersion: v1\nitems:\n- {apiVersion: openclaw.rocks/v1alpha1, kind: OpenClawInstance, metadata: {name: a}}\n");
        Assert.Single(file.Instances);
    }
}
