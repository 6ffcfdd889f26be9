using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Docs;

/// <summary>The commands and the promises of the readme, tried on a gateway with the rehearsal sample.</summary>
public sealed partial class ExamplesTests
{
    [Fact]
    public async Task Every_curl_command_of_the_readme_and_of_clients_is_answered()
    {
        var commands = new[] { "README.md", "docs/clients.md", "docs/metrics.md" }.SelectMany(static f => MarkdownFile.Read(f).Blocks).Where(static b => b.Language == "bash")
            .SelectMany(static b => b.Text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
            .Where(static l => l.StartsWith("curl ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(commands);
        var cancel = TestContext.Current.CancellationToken;
        await using var gateway = await RunningGateway.StartAsync(await File.ReadAllTextAsync(Path.Combine(SharedFiles.Repository, "samples/scripted-rehearsal.json"), cancel));
        foreach (var command in commands)
        {
            using var request = Request(gateway.Address, command);
            TestContext.Current.TestOutputHelper?.WriteLine(command);
            using var answer = await gateway.Client.SendAsync(request, cancel);
            var body = await answer.Content.ReadAsStringAsync(cancel);
            Assert.True(answer.IsSuccessStatusCode, $"{command}\n{(int)answer.StatusCode} {body}");
            if (request.Method == HttpMethod.Post && !command.Contains("count_tokens", StringComparison.Ordinal)) Assert.Contains(ScriptedAnswer.Text.Split(' ')[^1], body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Each_fault_of_the_readme_ends_for_the_caller_as_it_says()
    {
        var rows = MarkdownFile.Read("README.md").Rows("the caller sees").Select(static r => (Model: r[2].Trim('`'), Fallback: r[0] == "14" ? "ok-no-prefill" : "ok", Sees: r[4])).ToList();
        Assert.Equal(16, rows.Count);
        await using var gateway = await RunningGateway.StartAsync(FaultConfig(rows.Select(static r => (r.Model, r.Fallback))));
        var replies = await Task.WhenAll(rows.Select((r, i) => gateway.PostAsync(
            "/v1/chat/completions", $$"""{"model":"fault{{i}}","stream":true,"messages":[{"role":"user","content":"hello"}]}""")));
        var decisions = await gateway.StopAsync();
        Assert.All(rows.Zip(replies), pair =>
        {
            var (row, (answer, body)) = pair;
            var decision = decisions[answer.Headers.GetValues("x-openclaw-decision").Single()];
            var seen = Seen((int)answer.StatusCode, body, decision, "scripted/" + row.Model);
            // A fault that comes in the same read as the first frame is met before anything was sent.
            if (row.Sees.Contains("begun by the first", StringComparison.Ordinal) && seen == "the whole answer, from the next target") return;
            Assert.Equal($"{row.Model}: {row.Sees}", $"{row.Model}: {seen}");
        });
    }

    private static string Seen(int status, string body, JsonElement decision, string first)
    {
        if (status != 200)
        {
            using var error = JsonDocument.Parse(body);
            return $"{status} `{error.RootElement.GetProperty("error").GetProperty("code").GetString()}`";
        }
        if (Text(body) != ScriptedAnswer.Text || !body.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal)) return "a broken answer: " + body;
        var answered = decision.GetProperty("answered").GetString();
        return decision.GetProperty("outcome").GetString() == "healed" ? "the whole answer, begun by the first target and finished by the next"
            : "the whole answer, from the " + (answered == first ? "first target" : "next target");
    }

    private static string Text(string stream)
    {
        var text = new StringBuilder();
        foreach (var line in stream.Split('\n'))
        {
            if (!line.StartsWith("data: {", StringComparison.Ordinal)) continue;
            using var chunk = JsonDocument.Parse(line[6..]);
            if (!chunk.RootElement.TryGetProperty("choices", out var choices)) continue;
            foreach (var choice in choices.EnumerateArray())
            {
                if (choice.GetProperty("delta").TryGetProperty("content", out var content)) text.Append(content.GetString());
            }
        }
        return text.ToString();
    }

    // Chains of two, under short clocks: what the scripted provider does takes as long as it takes.
    private static string FaultConfig(IEnumerable<(string Model, string Fallback)> rows) => $$"""
        {
          "defaultModel": "scripted/ok",
          "models": { "aliases": { {{string.Join(", ", rows.Select(static (r, i) => $"\"fault{i}\": [\"scripted/{r.Model}\", \"scripted/{r.Fallback}\"]"))}} } },
          "routing": { "timeouts": { "headers": "3s", "firstToken": "3s", "idle": "3s" }, "deadline": "20s" }
        }
        """;

    private static HttpRequestMessage Request(Uri gateway, string command)
    {
        var url = Url().Match(command).Groups[1].Value;
        var data = Data().Match(command);
        var request = new HttpRequestMessage(data.Success ? HttpMethod.Post : HttpMethod.Get, new Uri(gateway, url));
        if (data.Success) request.Content = new StringContent(data.Groups[1].Value, Encoding.UTF8);
        foreach (Match header in Header().Matches(command))
        {
            if (header.Groups[1].Value.Equals("content-type", StringComparison.OrdinalIgnoreCase)) request.Content!.Headers.ContentType = new(header.Groups[2].Value);
            else request.Headers.TryAddWithoutValidation(header.Groups[1].Value, header.Groups[2].Value);
        }
        return request;
    }

    [GeneratedRegex("http://127\\.0\\.0\\.1:18789([^\\s'\"]*)")]
    private static partial Regex Url();

    [GeneratedRegex("-d '([^']*)'")]
    private static partial Regex Data();

    [GeneratedRegex("-H ['\"]([\\w-]+): ?([^'\"]*)['\"]")]
    private static partial Regex Header();
}
