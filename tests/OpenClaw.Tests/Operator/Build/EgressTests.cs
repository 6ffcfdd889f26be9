using System.Text.Json.Nodes;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Tests.Operator.Build;

/// <summary>The network policy's way out, from the addresses in the configuration.</summary>
public class EgressTests
{
    private const string Service = """
        apiVersion: v1
        kind: Service
        metadata: {name: llm, namespace: inference}
        spec:
          selector: {app: llm}
          ports: [{port: 80, targetPort: 8000}, {port: 81, targetPort: http}]
        ---

        """;

    [Theory]
    [InlineData("http://localhost:11434/v1", null)]
    [InlineData("http://127.0.0.1:1/v1", null)]
    [InlineData("http://[::1]:1/v1", null)]
    [InlineData("http://0.0.0.0:11434/v1", null)]
    [InlineData("https://llm.example.com/v1", null)]
    [InlineData("https://8.8.8.8/v1", null)]
    [InlineData("https://llm.example.com:8443/v1", """{"ports":[{"protocol":"TCP","port":8443}]}""")]
    [InlineData("http://llm.example.com/v1", """{"ports":[{"protocol":"TCP","port":80}]}""")]
    [InlineData("http://10.1.2.3:8000/v1", """{"to":[{"ipBlock":{"cidr":"10.1.2.3/32"}}],"ports":[{"protocol":"TCP","port":8000}]}""")]
    [InlineData("https://10.1.2.3/v1", """{"to":[{"ipBlock":{"cidr":"10.1.2.3/32"}}],"ports":[{"protocol":"TCP","port":443}]}""")]
    [InlineData("http://[fd00::1]:8000/v1", """{"to":[{"ipBlock":{"cidr":"fd00::1/128"}}],"ports":[{"protocol":"TCP","port":8000}]}""")]
    [InlineData("http://llm.inference.svc/v1", """{"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"inference"}},"podSelector":{"matchLabels":{"app":"llm"}}}],"ports":[{"protocol":"TCP","port":8000}]}""")]
    [InlineData("http://llm.inference.svc.cluster.local:81/v1", """{"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"inference"}},"podSelector":{"matchLabels":{"app":"llm"}}}],"ports":[{"protocol":"TCP","port":"http"}]}""")]
    [InlineData("http://llm.inference/v1", """{"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"inference"}},"podSelector":{"matchLabels":{"app":"llm"}}}],"ports":[{"protocol":"TCP","port":8000}]}""")]
    [InlineData("http://other.inference.svc:9000/v1", """{"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"inference"}}}],"ports":[{"protocol":"TCP","port":9000}]}""")]
    [InlineData("http://neighbour:9000/v1", """{"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"default"}}}],"ports":[{"protocol":"TCP","port":9000}]}""")]
    public void An_address_opens_itself_and_nothing_more(string url, string? rule)
    {
        var (rules, _) = Egress(url, "");
        // DNS and 443 come first.
        Assert.Equal(rule is null ? [] : [rule], rules.Skip(2).Select(static r => r.ToJsonString()));
    }

    [Fact]
    public void Port_443_leaves_out_what_is_not_the_internet()
    {
        var (rules, _) = Egress("https://llm.example.com/v1", "");
        var text = rules[1].ToJsonString();
        foreach (var range in (string[])["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"]) Assert.Contains(range, text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_is_opened_also_where_443_is_closed_to_everybody_else()
    {
        var (rules, _) = Egress("https://8.8.8.8/v1", "allowHTTPS: false");
        Assert.Equal("""{"to":[{"ipBlock":{"cidr":"8.8.8.8/32"}}],"ports":[{"protocol":"TCP","port":443}]}""", rules[^1].ToJsonString());
    }

    [Theory]
    [InlineData("allowPrivateHTTPS: true", """{"ports":[{"protocol":"TCP","port":443}]}""")]
    public void It_can_be_opened_to_private_addresses(string policy, string rule)
    {
        Assert.Equal(rule, Egress("https://llm.example.com/v1", policy).Rules[1].ToJsonString());
    }

    [Theory]
    [InlineData("https://llm.example.com/v1", "allowHTTPS: false", "write allowHTTPS: true, or its address range in allowedEgressCIDRs")]
    [InlineData("http://llm.example.com:8080/v1", "deriveEgress: false", "write deriveEgress: true, or a rule in additionalEgress")]
    [InlineData("http://10.1.2.3:8000/v1", "{deriveEgress: false, allowedEgressCIDRs: [10.9.0.0/16]}", "write 10.1.2.3/32 in additionalEgress, with port 8000")]
    [InlineData("http://llm.inference.svc/v1", "{deriveEgress: false, additionalEgress: [{to: [{podSelector: {matchLabels: {app: other}}}]}]}", "write deriveEgress: true, or a rule in additionalEgress")]
    [InlineData("https://llm.example.com/v1", "allowDNS: false", "write allowDNS: true, or the address as a number")]
    public void A_provider_that_cannot_be_reached_is_told_with_what_to_open(string url, string policy, string instead)
    {
        var finding = Assert.Single(Egress(url, policy).Findings, static f => f.Reason == "ProviderUnreachable");
        Assert.Equal(FindingSeverity.Warning, finding.Severity);
        Assert.Equal(instead, finding.Write);
    }

    [Theory]
    [InlineData("http://10.1.2.3:8000/v1", "{deriveEgress: false, allowedEgressCIDRs: [10.0.0.0/8]}")]
    [InlineData("http://llm.example.com:8080/v1", "{deriveEgress: false, additionalEgress: [{ports: [{port: 8000, endPort: 9000}]}]}")]
    [InlineData("http://llm.inference.svc/v1", "{deriveEgress: false, additionalEgress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: inference}}, podSelector: {matchLabels: {app: llm}}}], ports: [{protocol: TCP, port: 8000}]}]}")]
    [InlineData("https://1.2.3.4/v1", "allowPrivateHTTPS: false")]
    public void A_rule_of_the_user_counts(string url, string policy)
    {
        Assert.DoesNotContain(Egress(url, policy).Findings, static f => f.Reason == "ProviderUnreachable");
    }

    [Fact]
    public void The_users_own_rules_are_last_and_as_written()
    {
        var (rules, _) = Egress("http://10.1.2.3:8000/v1", "{allowedEgressCIDRs: [192.0.2.0/24], additionalEgress: [{to: [{ipBlock: {cidr: 198.51.100.0/24}}]}]}");
        Assert.Equal(["""{"to":[{"ipBlock":{"cidr":"192.0.2.0/24"}}]}""", """{"to":[{"ipBlock":{"cidr":"198.51.100.0/24"}}]}"""], rules.TakeLast(2).Select(static r => r.ToJsonString()));
    }

    [Fact]
    public void Every_rule_is_explained_once()
    {
        var (rules, findings) = Egress("http://llm.inference.svc/v1", "{allowedEgressCIDRs: [192.0.2.0/24]}");
        Assert.Equal(rules.Count, findings.Count(static f => f.Reason == "EgressRule"));
        Assert.Contains(findings, static f => f.Sentence == "out: TCP 8000 of pods app=llm in namespace inference: provider mine is at http://llm.inference.svc");
    }

    [Fact]
    public void Without_a_policy_nothing_is_drawn_and_that_is_said()
    {
        var drawing = Draw("https://llm.example.com/v1", "enabled: false");
        Assert.DoesNotContain(drawing.Objects, static o => (string?)o["kind"] == "NetworkPolicy");
        Assert.Contains(drawing.Findings, static f => f.Reason == "NetworkPolicyOff");
    }

    [Fact]
    public void A_port_that_the_service_does_not_have_is_told()
    {
        Assert.Contains(Egress("http://llm.inference.svc:9999/v1", "").Findings, static f => f is { Reason: "ServicePortMissing", Write: "write one of its ports: 80, 81" });
    }

    private static (List<JsonObject> Rules, IReadOnlyList<Finding> Findings) Egress(string url, string policy)
    {
        var drawing = Draw(url, policy);
        var drawn = drawing.Objects.Single(static o => (string?)o["kind"] == "NetworkPolicy");
        return ([.. ((JsonArray)drawn["spec"]!["egress"]!).Select(static r => (JsonObject)r!)], drawing.Findings);
    }

    private static InstanceDrawing Draw(string url, string policy)
    {
        if (policy.Length > 0 && !policy.StartsWith('{')) policy = "{" + policy + "}";
        return Assert.Single(RenderGoldenTests.Draw(Service + $$$"""
            apiVersion: openclaw.rocks/v1alpha1
            kind: OpenClawInstance
            metadata: {name: it}
            spec:
              config: {raw: {llmConfig: [{provider: mine, model: m, baseURL: "{{{url}}}"}]}}
              security:
                networkPolicy: {{{(policy.Length == 0 ? "{}" : policy)}}}

            """));
    }
}
