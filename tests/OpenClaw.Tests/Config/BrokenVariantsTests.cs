using System.Text;
using OpenClaw.Config;
using OpenClaw.Config.Text;

namespace OpenClaw.Tests.Config;

/// <summary>
/// Thousands of generated wrecks of the samples: whatever stands in the file, reading never throws, an invalid file has an
/// error that says where, what and what instead, and no value of the environment shows up in a problem.
/// </summary>
public sealed class BrokenVariantsTests
{
    private static readonly string[] OtherValues = ["7", "-1", "true", "null", "\"text\"", "[]", "{}", "[[]]", "{\"a\":{}}", "1e999", "99999999999999999999999999999999", "0.5", "\"\"", "\"${NOT_SET}\"", "\"${ANTHROPIC_API_KEY}\""];

    public static TheoryData<string> Samples => [.. SampleFiles.Names];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_value_replaced_by_every_other_kind_of_value(string name)
    {
        var bytes = SampleFiles.Bytes(name);
        var variants = 0;
        foreach (var node in Nodes(Parse(bytes)))
        {
            // Every second pair, for time; the value that is wrong nearly everywhere is tried everywhere.
            foreach (var value in OtherValues.Where((v, i) => v == "[[]]" || (i + node.Line) % 2 == 0))
            {
                var result = Check(Splice(bytes, node.Start, node.End, Encoding.UTF8.GetBytes(value)), name + node.Pointer + " = " + value);
                variants++;
                if (MustRefuse(node, value)) Assert.False(result.IsValid, $"{name} accepts {value} at {node.Pointer}");
            }
        }
        Assert.True(variants >= 14, name);
    }

    /// <summary>A list where a scalar stands is wrong everywhere but in what is not read, and in what takes lists too.</summary>
    private static bool MustRefuse(ConfigNode node, string value) =>
        value == "[[]]" && !new[] { "/channels", "/logging", "/meta", "/models/providers/openrouter/params", "/models/providers/openrouter/routing/" }.Any(node.Pointer.StartsWith);

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_file_that_is_cut_off_is_always_invalid(string name)
    {
        var bytes = SampleFiles.Bytes(name);
        var root = Parse(bytes);
        for (var length = root.Start + 1; length < root.End; length += 1 + (length % 7))
        {
            Assert.False(Check(bytes[..length], $"{name} cut at {length}").IsValid, $"{name} cut at {length}");
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_byte_that_is_no_UTF8_is_always_an_error_that_names_its_place(string name)
    {
        var bytes = SampleFiles.Bytes(name);
        var random = new Random(20260101);
        for (var i = 0; i < 20; i++)
        {
            var at = random.Next(bytes.Length);
            byte[] wrong = [random.Next(2) == 0 ? (byte)0xFF : (byte)0xC0];
            var result = Check(Splice(bytes, at, at, wrong), $"{name} byte {at}");
            Assert.Contains($"byte {at} ", Assert.Single(result.Problems).Message);
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_key_written_twice_is_always_an_error_with_both_lines(string name)
    {
        var bytes = SampleFiles.Bytes(name);
        foreach (var member in Nodes(Parse(bytes)).SelectMany(static n => n.Members))
        {
            var result = Check(Splice(bytes, member.NameStart, member.NameStart, Encoding.UTF8.GetBytes($"\"{member.Name}\": 1,\n")), name + " twice " + member.Name);
            Assert.Contains(result.Problems, p => p.Severity == ProblemSeverity.Error && p.Pointer == member.Value.Pointer && p.Message.Contains($"on line {member.Line} and on line {member.Line + 1}", StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Random_changes_of_bytes_never_throw(string name)
    {
        var original = SampleFiles.Bytes(name);
        var random = new Random(name.Length * 7919);
        const string Alphabet = "{}[]\",:/*\\$ntfu0123456789.-+eE \n'x";
        for (var i = 0; i < 100; i++)
        {
            var bytes = original.ToArray();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                var at = random.Next(bytes.Length);
                bytes = random.Next(3) switch
                {
                    0 => Splice(bytes, at, at + 1, []),
                    1 => Splice(bytes, at, at, [(byte)Alphabet[random.Next(Alphabet.Length)]]),
                    _ => Splice(bytes, at, at + 1, [(byte)Alphabet[random.Next(Alphabet.Length)]]),
                };
            }
            Check(bytes, $"{name} random {i}");
        }
    }

    [Fact]
    public void An_unknown_provider_anywhere_is_an_error()
    {
        foreach (var place in new[] { "\"defaultModel\": X", "\"models\": { \"fallbacks\": [X] }", "\"models\": { \"allowlist\": [X] }", "\"models\": { \"aliases\": { \"a\": X } }", "\"models\": { \"aliases\": { \"a\": [X] } }", "\"models\": { \"contentPolicyFallbacks\": [X] }", "\"models\": { \"prices\": { X: { \"input\": 1 } } }",
            "\"agents\": { \"defaults\": { \"model\": X } }", "\"agents\": { \"defaults\": { \"model\": { \"primary\": X } } }", "\"agents\": { \"defaults\": { \"model\": { \"fallbacks\": [X] } } }", "\"agents\": { \"defaults\": { \"modelPolicy\": { \"allow\": [X] } } }", "\"agents\": { \"defaults\": { \"models\": { X: { \"alias\": \"a\" } } } }",
            "\"clients\": [{ \"name\": \"a\", \"token\": \"t\", \"allow\": [X] }]", "\"budgets\": [{ \"scope\": \"gateway\", \"limit\": 1, \"action\": \"downgrade\", \"to\": X }]", "\"llmConfig\": [{ \"provider\": X, \"model\": \"m\" }]" })
        {
            foreach (var reference in new[] { "nosuch/model", "opena/gpt-4o", "a//b", "/m", "openai/", "Ünknown/m", "..", "${X}/m" })
            {
                Assert.False(Check(Encoding.UTF8.GetBytes("{" + place.Replace("X", $"\"{reference}\"", StringComparison.Ordinal) + "}"), place + reference).IsValid && !reference.Contains('$', StringComparison.Ordinal), place + " " + reference);
            }
        }
    }

    [Fact]
    public void Circles_of_aliases_of_any_size_are_one_error()
    {
        foreach (var size in Enumerable.Range(1, 40))
        {
            var aliases = string.Join(",", Enumerable.Range(0, size).Select(i => $"\"a{i}\": \"a{(i + 1) % size}\""));
            var result = Check(Encoding.UTF8.GetBytes("{\"models\":{\"aliases\":{" + aliases + "}}}"), "circle " + size);
            Assert.Contains("circle", Assert.Single(result.Problems).Message);
        }
        var deep = string.Join(",", Enumerable.Range(0, 3000).Select(static i => $"\"a{i}\": \"a{i + 1}\""));
        Assert.False(Check(Encoding.UTF8.GetBytes("{\"models\":{\"aliases\":{" + deep + "}}}"), "deep aliases").IsValid);
    }

    [Fact]
    public void Huge_values_are_refused_quickly()
    {
        var huge = new string('x', 300_000);
        foreach (var name in new[] { "native-team.json", "upstream-full.json", "brief-hybrid-fallback.json" })
        {
            var bytes = SampleFiles.Bytes(name);
            foreach (var node in Nodes(Parse(bytes)).Where(static n => n.Kind == NodeKind.String).Take(8)) Check(Splice(bytes, node.Start, node.End, Encoding.UTF8.GetBytes($"\"{huge}\"")), name + node.Pointer);
        }
        Assert.False(Check(Encoding.UTF8.GetBytes("{\"models\":{\"allowlist\":[" + string.Join(",", Enumerable.Range(0, 4900).Select(static i => $"\"wrong{i}\"")) + "]}}"), "many errors").IsValid);
        Assert.False(Check(Encoding.UTF8.GetBytes("{\"llmConfig\":[" + string.Join(",", Enumerable.Range(0, 4900).Select(static i => $"{{\"provider\":\"openai\",\"model\":\"{i}\"}}")) + "],\"models\":{\"allowlist\":[\"openai/x\"]}}"), "long list").IsValid);
        foreach (var open in new[] { "[", "{\"a\":", "[{\"a\":[" }) Assert.False(Check(Encoding.UTF8.GetBytes("{\"tools\":" + string.Concat(Enumerable.Repeat(open, 50_000))), "deep " + open).IsValid);
    }

    private static ConfigResult Check(byte[] bytes, string what)
    {
        var result = ConfigReader.Read(bytes, SampleFiles.Environment);
        Assert.Equal(!result.IsValid, result.Problems.Any(static p => p.Severity == ProblemSeverity.Error));
        foreach (var problem in result.Problems)
        {
            Assert.True(problem.Pointer.Length == 0 || problem.Pointer[0] == '/', what);
            Assert.True(problem.Message.Length is > 0 and < 2000 && problem.Instead.Length is > 0 and < 2000, what + ": " + problem.Message);
            Assert.DoesNotContain("-value", problem.Message + problem.Instead);
        }
        // What can still be read must also print, convert and edit; each on a share of the variants, for time.
        var share = bytes.Length % 6;
        if (result.Config is { } config && share == 0) Assert.DoesNotContain("token-value", ConfigPrinter.Print(config));
        if (result.IsValid && share is 1 or 2 or 3) ConfigWriter.Convert(bytes, (ConfigDialect)(share - 1));
        if (share == 4) ConfigEditor.AddFallback(bytes, "openai/some-model");
        return result;
    }

    private static ConfigNode Parse(byte[] bytes) => JsonTextParser.Parse(bytes, new ProblemList())!;

    private static IEnumerable<ConfigNode> Nodes(ConfigNode node) =>
        node.Items.Concat(node.Members.Select(static m => m.Value)).SelectMany(Nodes).Prepend(node);

    private static byte[] Splice(byte[] bytes, int start, int end, byte[] middle) => [.. bytes.AsSpan(0, start), .. middle, .. bytes.AsSpan(end)];
}
