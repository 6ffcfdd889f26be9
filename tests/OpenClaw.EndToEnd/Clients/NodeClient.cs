using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Clients;

/// <summary>A client in JavaScript: one process for everything that is asked. <c>./x test</c> installs node and the packages.</summary>
/// <param name="script">Below tests/clients.</param>
/// <param name="package">The npm package that it needs.</param>
public abstract class NodeClient(string script, string package) : OfficialClient
{
    private static readonly string s_folder = Path.Combine(SharedFiles.Repository, "tests", "clients");

    public override string? Missing =>
        !Directory.Exists(Path.Combine(s_folder, "node_modules", package)) ? $"the npm package {package} is not installed (./x test installs it, where npm is)"
        : !HasNode() ? "node is not on this machine"
        : null;

    public override async Task<IReadOnlyDictionary<string, ClientReply>> RunAsync(Uri gateway, string token, IReadOnlyList<ClientAsk> asks)
    {
        using var process = Start([Path.Combine(s_folder, script)]);
        try
        {
            var input = new JsonObject
            {
                ["url"] = gateway.ToString().TrimEnd('/'), ["token"] = token, ["asks"] = new JsonArray([.. asks.Select(a => (JsonNode)a.ToJson())]),
            };
            var errors = process.StandardError.ReadToEndAsync();
            await process.StandardInput.WriteAsync(input.ToJsonString());
            process.StandardInput.Close();
            var replies = new Dictionary<string, ClientReply>(StringComparer.Ordinal);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                var (name, reply) = ClientReply.Parse(line);
                replies.Add(name, reply);
            }
            await process.WaitForExitAsync(limit.Token);
            if (process.ExitCode != 0) throw new InvalidOperationException($"{script} ended with {process.ExitCode}:\n{await errors}");
            return replies;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo("node", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // The clients read keys, addresses and proxies from the environment: here they get theirs from the test alone.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("OPENAI", StringComparison.Ordinal) || k.StartsWith("ANTHROPIC", StringComparison.Ordinal) || k.EndsWith("_PROXY", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }
        return Process.Start(start)!;
    }

    private static bool HasNode()
    {
        try
        {
            using var process = Start(["--version"]);
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}

public sealed class OpenAiNodeClient() : NodeClient("openai.mjs", "openai");

public sealed class AnthropicNodeClient() : NodeClient("anthropic.mjs", "@anthropic-ai/sdk");
