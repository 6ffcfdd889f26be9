using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Judge;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Tests.Operator.Api;

public class SchemaCheckTests
{
    [Theory]
    [InlineData("suspend: true", "refused: spec.suspend: there is no such field; did you mean suspended?")]
    [InlineData("suspended: 1", "refused: spec.suspended: it is a number; write true or false")]
    [InlineData("env: [{value: x}]", "refused: spec.env[0].name: it is not written; write name")]
    [InlineData("env: [{name: A}, {name: A}]", "refused: spec.env[1]: A is in the list already; keep one")]
    [InlineData("resources: {limits: {cpu: lots}}", "refused: spec.resources.limits.cpu: \"lots\" is not a quantity; write one such as 500m, 2 or 8Gi")]
    [InlineData("storage: {persistence: {size: 10 GB}}", "refused: spec.storage.persistence.size: \"10 GB\" is not a quantity; write one such as 500m, 2 or 8Gi")]
    [InlineData("config: {mergeMode: merged}", "refused: spec.config.mergeMode: \"merged\" is not one of its words; write merge")]
    [InlineData("config: {configMapRef: {}}", "refused: spec.config.configMapRef.name: it is not written; write name")]
    [InlineData("networking: {httpRoute: {port: 70000}}", "refused: spec.networking.httpRoute.port: 70000 is more than 65535; write 65535 or less")]
    [InlineData("podAnnotations: {a: 1}", "refused: spec.podAnnotations.a: it is a number; write text, in quotes")]
    [InlineData("skills: [example]", "warning: spec.skills: it is accepted and not built yet; It is fetched from the net at every start; bring it in an image of yours, or with an init container.")]
    [InlineData("gateway: {enabled: true}", "note: spec.gateway.enabled: it is accepted and has no effect: There is no proxy container: the gateway listens itself and sees its clients' addresses")]
    public void A_slip_is_told_as_the_server_would_and_better(string spec, string sentence)
    {
        Assert.Equal(sentence, Assert.Single(Check(spec)).ToString());
    }

    [Theory]
    [InlineData("chromium: {enabled: false}")]
    [InlineData("skills: []")]
    [InlineData("resources: {limits: {cpu: 2, memory: 8Gi, nvidia.com/gpu: \"1\", ephemeral-storage: 1e9}}")]
    [InlineData("config: {raw: {anything: [1, {x: null}]}}")]
    [InlineData("sidecars: [{name: a, image: b, whatever: {}}]")]
    public void What_asks_for_nothing_wrong_is_silent(string spec)
    {
        Assert.Empty(Check(spec));
    }

    [Fact]
    public void Every_sample_passes()
    {
        var files = Directory.GetFiles(Path.Combine(SharedFiles.Repository, "samples", "instances"), "*.yaml");
        Assert.NotEmpty(files);
        Assert.All(files, static file =>
        {
            foreach (var document in YamlReader.Read(File.ReadAllText(file)).Documents.Where(static d => (string?)d.Content!["kind"] == "OpenClawInstance"))
            {
                Assert.DoesNotContain(SchemaCheck.Of((JsonObject)document.Content!["spec"]!, InstanceFields.Spec), static f => f.Severity == FindingSeverity.Refused);
            }
        });
    }

    private static List<Finding> Check(string spec) => SchemaCheck.Of((JsonObject)YamlReader.Read(spec).Documents[0].Content!, InstanceFields.Spec);
}
