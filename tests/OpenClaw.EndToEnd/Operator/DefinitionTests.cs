using OpenClaw.EndToEnd.Cli;
using OpenClaw.EndToEnd.Cluster;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>The definitions and what is drawn, at a real API server. This one knows no CEL and no policy/v1; newer ones do.</summary>
public sealed class DefinitionTests(ApiServer server)
{
    private static string Samples => Path.Combine(SharedFiles.Repository, "samples", "instances");

    [Fact]
    public async Task The_definitions_and_every_sample_are_taken_unchanged()
    {
        var kubectl = new Kubectl(await server.StartAsync());
        await EstablishAsync(kubectl);
        foreach (var file in Directory.GetFiles(Samples, "*.yaml").Order(StringComparer.Ordinal))
        {
            foreach (var space in (string[])["openclaw", "ai", "inference"]) await kubectl.TryAsync("create", "namespace", space);
            await kubectl.RunAsync("apply", "-f", file);
            // Again, with nothing to change: what was stored is what was written, no default was put in.
            var again = (await kubectl.RunAsync("apply", "-f", file)).Split('\n').Where(static l => l.StartsWith("openclaw", StringComparison.Ordinal));
            Assert.All(again, static line => Assert.EndsWith("unchanged", line, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("suspended: maybe")]
    [InlineData("resources: {limits: {memory: much}}")]
    [InlineData("config: {mergeMode: replace}")]
    [InlineData("security: {networkPolicy: {enabled: \"yes\"}}")]
    public async Task What_is_wrong_is_refused_by_the_server_too(string spec)
    {
        var kubectl = new Kubectl(await server.StartAsync());
        await EstablishAsync(kubectl);
        using var folder = new CliFolder();
        var file = folder.File("wrong.yaml");
        File.WriteAllText(file, $"apiVersion: openclaw.rocks/v1alpha1\nkind: OpenClawInstance\nmetadata: {{name: wrong}}\nspec: {{{spec}}}\n");
        var (code, _, error) = await kubectl.TryAsync("apply", "-f", file);
        Assert.NotEqual(0, code);
        Assert.Contains("spec.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("brief-ollama-sidecar")]
    [InlineData("brief-gpu")]
    [InlineData("brief-external-ollama")]
    [InlineData("brief-vllm")]
    [InlineData("brief-hybrid")]
    [InlineData("brief-multi-provider")]
    [InlineData("ollama")]
    [InlineData("locked-down")]
    [InlineData("merged")]
    [InlineData("original")]
    public async Task What_a_sample_becomes_is_valid_to_the_server(string sample)
    {
        var kubectl = new Kubectl(await server.StartAsync());
        await kubectl.TryAsync("create", "namespace", "openclaw");
        using var folder = new CliFolder();
        var run = await folder.RunAsync(["operator", "render", "-f", Path.Combine(Samples, sample + ".yaml")]);
        Assert.Equal(0, run.Code);
        var file = folder.File("drawn.yaml");
        // The budget's current version is not served by this old server.
        File.WriteAllText(file, run.Output.Replace("policy/v1\n", "policy/v1beta1\n", StringComparison.Ordinal));
        var answer = await kubectl.RunAsync("apply", "--server-side", "--dry-run=server", "-f", file);
        Assert.Contains("statefulset.apps/", answer, StringComparison.Ordinal);
        Assert.Contains("networkpolicy.networking.k8s.io/", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_installation_is_valid_to_the_server()
    {
        var kubectl = new Kubectl(await server.StartAsync());
        using var folder = new CliFolder();
        var run = await folder.RunAsync(["operator", "manifests"]);
        var file = folder.File("all.yaml");
        File.WriteAllText(file, run.Output);
        await kubectl.TryAsync("create", "namespace", "openclaw-operator-system");
        // It would refuse the key of CEL's rules, which it does not know.
        var answer = await kubectl.RunAsync("apply", "--validate=false", "--dry-run=server", "-f", file);
        Assert.Contains("deployment.apps/openclaw-operator", answer, StringComparison.Ordinal);
        Assert.Contains("clusterrole.rbac.authorization.k8s.io/openclaw-operator", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folders_for_kustomize_build()
    {
        var kubectl = new Kubectl(await server.StartAsync());
        var built = await kubectl.RunAsync("kustomize", Path.Combine(SharedFiles.Repository, "deploy"));
        Assert.Contains("kind: Deployment", built, StringComparison.Ordinal);
        Assert.Contains("kind: CustomResourceDefinition", built, StringComparison.Ordinal);
    }

    private static async Task EstablishAsync(Kubectl kubectl)
    {
        using var folder = new CliFolder();
        var run = await folder.RunAsync(["operator", "manifests", "--crds"]);
        var file = folder.File("crds.yaml");
        File.WriteAllText(file, run.Output);
        await kubectl.RunAsync("apply", "--validate=false", "-f", file);
        await kubectl.WaitForKindsAsync();
    }
}
