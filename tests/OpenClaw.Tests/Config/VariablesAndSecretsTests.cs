using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

public sealed class VariablesAndSecretsTests
{
    [Fact]
    public void Variables_are_put_into_every_string()
    {
        var config = Expect.Clean("""{ "defaultModel": "${P}/${M}", "storage": { "url": "postgres://${DB}" } }""", ("P", "openai"), ("M", "gpt-4o"), ("DB", "h/d"));
        Assert.Equal("openai/gpt-4o", SampleFiles.Chain(config));
        Assert.Equal("postgres://h/d", config.Storage.Url);
    }

    [Fact]
    public void A_missing_variable_is_a_warning_and_the_value_counts_as_not_written()
    {
        var problem = Expect.Warning("""{ "defaultModel": "openai/${NOT_SET}" }""", "/defaultModel", "NOT_SET");
        Assert.Contains("not written", problem.Message);
        Assert.Empty(SampleFiles.Read("""{ "defaultModel": "${NOT_SET}" }""").Config!.Models.Chain);
        Assert.Equal(18789, SampleFiles.Read("""{ "gateway": { "port": "${NOT_SET}" } }""").Config!.Gateway.Port);
        Assert.Empty(SampleFiles.Read("""{ "models": { "providers": { "openai": { "apiKey": "${NOT_SET}" } } } }""").Config!.FindProvider("openai")!.Keys);
    }

    [Fact]
    public void A_doubled_dollar_sign_keeps_the_text()
    {
        var config = Expect.Clean("""{ "models": { "providers": { "openai": { "params": { "extra_body": { "a": "$${X}", "b": "${X}", "c": "$X" } } } } } }""", ("X", "v"));
        Assert.Equal("""{"a":"${X}","b":"v","c":"$X"}""", config.FindProvider("openai")!.ExtraBodyJson);
    }

    [Fact]
    public void The_files_own_variables_stand_behind_the_processs()
    {
        var config = Expect.Clean("""{ "env": { "vars": { "OPENAI_API_KEY": "from-file", "M": "gpt-4o" } }, "defaultModel": "openai/${M}" }""", ("M", "o1"));
        Assert.Equal("openai/o1", SampleFiles.Chain(config));
        var key = Assert.Single(config.FindProvider("openai")!.Keys);
        Assert.Equal((SecretSource.Literal, "from-file", "env:OPENAI_API_KEY"), (key.Source, key.Value, key.ToString()));
    }

    [Fact]
    public void SecretRefs_point_into_the_environment_and_into_files()
    {
        const string Json = """{ "secrets": { "providers": { "vault": { "source": "file", "path": "/v.json" }, "one": { "source": "file", "path": "/one", "mode": "singleValue" } } }, "models": { "providers": { "openai": { "apiKeys": [{ "source": "env", "provider": "default", "id": "E" }, { "source": "file", "provider": "vault", "id": "/a/b" }, { "source": "file", "provider": "one", "id": "value" }] } } } }""";
        Assert.Equal("env:E file:/v.json#/a/b file:/one", string.Join(" ", Expect.Clean(Json, ("E", "1")).FindProvider("openai")!.Keys));
    }

    [Theory]
    [InlineData("""{ "source": "file", "provider": "valt", "id": "/a" }""", "Did you mean \"vault\"?")]
    [InlineData("""{ "source": "file", "provider": "vault", "id": "a" }""", "not a JSON pointer")]
    [InlineData("""{ "source": "exec", "id": "a" }""", "not supported")]
    [InlineData("""{ "source": "envv", "id": "A" }""", "not a source")]
    [InlineData("""{ "source": "env", "id": "a b" }""", "no variable's name")]
    [InlineData("""{ "id": "A" }""", "no source")]
    [InlineData("\"line\\nbreak\"", "control character")]
    [InlineData("\"sk-abcdef\u2026\"", "U+2026, its character 10")]
    [InlineData("\"abc\u200bdef\"", "U+200B")]
    public void A_broken_secret_says_what_to_write(string secret, string part)
    {
        Expect.Error($$"""{ "secrets": { "providers": { "vault": { "source": "file", "path": "/v.json" } } }, "models": { "providers": { "openai": { "apiKey": {{secret}} } } } }""", "/models/providers/openai/apiKey", part);
    }

    [Theory]
    [InlineData("OPENAI_API_KEY")]
    [InlineData("OPENAI_API_KEYS")]
    [InlineData("OPENAI_API_KEY_3")]
    public void A_key_of_the_environment_that_no_header_can_carry_is_a_warning_for_another_may_serve(string name)
    {
        var result = SampleFiles.Read("{}", (name, "sk-very-secret\u200b"), ("ANTHROPIC_API_KEY", "sk-good"));
        Assert.True(result.IsValid);
        var problem = Assert.Single(result.Problems);
        Assert.Contains($"the variable {name} holds a character that no key has (U+200B", problem.Message);
        Assert.DoesNotContain("very-secret", problem.ToString());
    }

    [Theory]
    [InlineData("{}", "OPENCLAW_GATEWAY_TOKEN")]
    [InlineData("""{ "models": { "providers": { "lab": { "baseUrl": "http://h/v1", "apiKey": "${K}" } } } }""", "K")]
    [InlineData("""{ "models": { "providers": { "lab": { "baseUrl": "http://h/v1", "headers": { "x": { "source": "env", "id": "K" } } } } } }""", "K")]
    public void A_variable_that_no_header_can_carry_is_an_error_without_its_value(string json, string name)
    {
        var result = SampleFiles.Read(json, (name, "sk-very-secret\u200b"));
        Assert.False(result.IsValid);
        var problem = Assert.Single(result.Problems, static p => p.Severity == ProblemSeverity.Error);
        Assert.Contains($"the variable {name} holds a character that no key has (U+200B", problem.Message);
        Assert.DoesNotContain("very-secret", problem.ToString());
    }

    [Fact]
    public void No_problem_ever_shows_a_secret()
    {
        const string Secret = "sk-proj-abcdefghijklmnop";
        string[] files =
        [
            $$"""{ "defaultModel": "{{Secret}}" }""",
            """{ "defaultModel": "${K}" }""",
            """{ "gateway": { "bind": "${K}" } }""",
            """{ "llmConfig": [{ "provider": "${K}", "model": "m" }] }""",
            $$"""{ "llmConfig": [{ "provider": "openai", "model": "m", "baseURL": "http://x:{{Secret}}@h/v1" }] }""",
            """{ "models": { "allowlist": ["${K}"], "aliases": { "a": "${K}" } } }""",
            """{ "models": { "providers": { "openai": { "api": "${K}", "apiKey": ["${K}"] } } } }""",
            """{ "budgets": [{ "scope": "${K}", "limit": 1, "unit": "${K}" }] }""",
            """{ "storage": { "url": "${K}" }, "alerts": [{ "url": "${K}" }], "routing": { "deadline": "${K}" } }""",
            $$"""{ "{{Secret}}": 1 }""",
        ];
        foreach (var file in files)
        {
            var result = SampleFiles.Read(file, ("K", Secret));
            Assert.NotEmpty(result.Problems);
            Assert.DoesNotContain(result.Problems, p => (p.Message + p.Instead).Contains(Secret, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("""{ "name": "a", "token": "t" }""", "config")]
    [InlineData("""{ "name": "a", "token": "${T}" }""", "env:T")]
    [InlineData("""{ "name": "a", "tokenEnv": "T" }""", "env:T")]
    [InlineData("""{ "name": "a", "tokenFile": "/t" }""", "file:/t")]
    [InlineData("""{ "name": "a", "token": { "source": "env", "id": "T" } }""", "env:T")]
    public void Clients_tokens_have_a_place(string client, string place)
    {
        Assert.Equal(place, Assert.Single(Expect.Clean($$"""{ "clients": [{{client}}] }""", ("T", "v")).Clients).Token.ToString());
    }

    [Theory]
    [InlineData("""{ "token": "t" }""", "/clients/0", "no name")]
    [InlineData("""{ "name": "a" }""", "/clients/0", "no token")]
    [InlineData("""{ "name": "a", "token": "t", "tokenEnv": "T" }""", "/clients/0", "more than one token")]
    [InlineData("""{ "name": "a", "tokenEnv": "${T}-x" }""", "/clients/0/tokenEnv", "not the name of a variable")]
    [InlineData("""{ "name": "a", "tokenHash": "abc" }""", "/clients/0/tokenHash", "64 hexadecimal digits")]
    [InlineData("""{ "name": "a", "token": "t", "allow": [] }""", "/clients/0/allow", "allows nothing")]
    [InlineData("""{ "name": "a", "token": "t", "allow": ["nosuch/*"] }""", "/clients/0/allow/0", "neither known nor configured")]
    public void A_broken_client_says_what_to_write(string client, string pointer, string part)
    {
        var result = SampleFiles.Read($$"""{ "clients": [{{client}}] }""", ("T", "v"));
        Assert.Contains(result.Problems, p => p.Severity == ProblemSeverity.Error && p.Pointer == pointer && p.ToString().Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public void A_client_whose_variable_is_missing_never_gets_in()
    {
        var client = Assert.Single(SampleFiles.Read("""{ "clients": [{ "name": "a", "token": "${NOT_SET}" }] }""").Config!.Clients);
        Assert.Equal((SecretSource.Env, "NOT_SET"), (client.Token.Source, client.Token.Value));
        Expect.Error("""{ "clients": [{ "name": "a", "token": "1" }, { "name": "a", "token": "2" }] }""", "/clients/1/name", "two clients");
    }
}
