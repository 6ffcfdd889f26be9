using OpenClaw.Client;
using OpenClaw.Commands;
using OpenClaw.Config;
using OpenClaw.Doctor;

namespace OpenClaw.Tests.Cli;

/// <summary>Files with secrets that are named and not there: warned of with their place, and nothing of what is in them is said.</summary>
public sealed class SecretFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("openclaw-secrets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Keys => Path.Combine(_folder, "keys.json");

    private LocalConfig Read()
    {
        File.WriteAllText(Keys, """{ "openai": { "key": "sk-never-to-be-shown" } }""");
        return LocalView.Read($$"""
            {
              "gateway": { "auth": { "token": { "source": "file", "path": "{{_folder}}/token" } } },
              "secrets": { "providers": { "all": { "source": "file", "path": "{{Keys}}", "mode": "json" } } },
              "models": { "providers": {
                "openai": { "apiKey": { "source": "file", "provider": "all", "id": "/openai/key" } },
                "anthropic": { "apiKey": { "source": "file", "provider": "all", "id": "/openai/kye" } }
              } },
              "defaultModel": "openai/gpt-4o"
            }
            """);
    }

    [Fact]
    public void Validate_warns_with_place_and_reason_and_stays_valid()
    {
        var local = Read();
        var result = SecretFiles.WithWarnings(local.Result, ConfigEnvironment.Empty);
        Assert.True(result.IsValid);
        Assert.Equal(
            [(2, "/gateway/auth/token", $"the file {_folder}/token does not exist"), (6, "/models/providers/anthropic/apiKey", $"the file {Keys} has no text at /openai/kye")],
            result.Problems.Select(static p => (p.Line, p.Pointer, p.Message)));
        Assert.Equal("valid, 2 warnings", ConfigCommand.Summary(result));
        var json = LocalView.Json(writer => ConfigCommand.Write(writer, local with { Result = result }));
        Assert.Contains("/openai/kye", json, StringComparison.Ordinal);
        Assert.DoesNotContain("never-to-be-shown", json, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_with_a_character_that_no_key_has_is_said_to_be_mended()
    {
        File.WriteAllText(Keys, "sk-never-to-be-shown\u200b");
        var environment = LocalView.Environment(("OPENAI_API_KEY_FILE", Keys));
        var problem = Assert.Single(SecretFiles.WithWarnings(ConfigReader.ReadEnvironment(environment), environment).Problems);
        Assert.Contains("U+200B", problem.Message, StringComparison.Ordinal);
        Assert.Contains("printable ASCII", problem.Instead, StringComparison.Ordinal);
        Assert.DoesNotContain("never-to-be-shown", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_price_without_input_that_nobody_else_gives_is_a_warning()
    {
        var read = ConfigReader.Read("""{ "defaultModel": "openai/nobody-knows", "models": { "prices": { "openai/gpt-4o": { "output": 4 }, "openai/nobody-knows": { "output": 4 } }, "providers": { "lab": { "baseUrl": "https://lab.example/v1", "models": [{ "id": "m", "cost": { "output": 1 } }, { "id": "n", "cost": { "input": 1 } }] } } } }"""u8, ConfigEnvironment.Empty);
        Assert.Equal(["the price of openai/nobody-knows", "the price of lab/m"], HalfPrices.WithWarnings(read).Problems.Select(static p => p.Message[..p.Message.IndexOf(" has no input", StringComparison.Ordinal)]));
    }

    [Fact]
    public void The_file_that_a_variable_names_is_looked_at_too()
    {
        var environment = LocalView.Environment(("OPENAI_API_KEY_FILE", "/nowhere/key"));
        var result = SecretFiles.WithWarnings(ConfigReader.ReadEnvironment(environment), environment);
        Assert.Equal((0, "the file /nowhere/key does not exist"), (Assert.Single(result.Problems).Line, result.Problems[0].Message));
    }

    [Fact]
    public void Doctor_names_the_file_and_the_pointer()
    {
        var findings = OfflineChecks.Of(Read(), ConfigEnvironment.Empty, new ManualTime()).ToList();
        Assert.Contains(findings, f => f.Check == "keys" && f.Message.Contains($"the file {Keys} has no text at /openai/kye", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Check == "secrets" && f.Message == $"line 2 /gateway/auth/token: the file {_folder}/token does not exist");
        Assert.DoesNotContain(findings, static f => f.Message.Contains("never-to-be-shown", StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_for_a_file_is_called_a_folder()
    {
        var local = LocalConfig.Read(_folder, ConfigEnvironment.Empty);
        Assert.Null(local.Config);
        Assert.Equal($"it is a folder; name the file in it, such as {Path.Combine(_folder, "openclaw.json")}", local.Unreadable);
    }
}
