using System.Collections.Immutable;
using OpenClaw.Config;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Tests.Gateway.Providers;

public sealed class KeyPoolTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Dictionary<string, string> _variables = new() { ["OPENAI_API_KEY"] = "first-key", ["OPENAI_API_KEY_2"] = "second-key" };
    private readonly string _folder = Directory.CreateTempSubdirectory("openclaw-keys").FullName;
    private readonly SecretStore _secrets;
    private readonly KeyStates _states;

    public KeyPoolTests()
    {
        _secrets = new SecretStore(ConfigEnvironment.Of(_variables));
        _states = new KeyStates(_secrets);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private DateTimeOffset Now => _time.GetUtcNow();

    private static SecretConfig Env(string name) => new() { Source = SecretSource.Env, Value = name };

    private static ProviderConfig OpenAi(params SecretConfig[] keys) => new()
    {
        Id = "openai", Preset = "openai", Api = ApiKind.OpenAiChat, BaseUrl = "https://api.openai.com/v1", Keys = [.. keys],
    };

    private KeyPool Pool(ProviderConfig provider) => new(provider, _states);

    private KeyPool TwoKeys() => Pool(OpenAi(Env("OPENAI_API_KEY"), Env("OPENAI_API_KEY_2")));

    private static UpstreamFailure Failure(FailureReason reason, double? retryAfter = null, int? status = null, string? code = null) =>
        new(reason, "words", status, code, retryAfter is { } s ? TimeSpan.FromSeconds(s) : null);

    [Fact]
    public void A_local_server_is_not_called_without_the_key_that_cannot_be_sent()
    {
        var file = Path.Combine(_folder, "key");
        File.WriteAllText(file, "sk-secret\u200b");
        var key = new SecretConfig { Source = SecretSource.File, Value = file };
        var local = new ProviderConfig { Id = "lab", Api = ApiKind.OpenAiChat, BaseUrl = "http://127.0.0.1:8000/v1", IsLocal = true, Keys = [key] };
        var pool = Pool(local);
        var missing = pool.Take("m", Now).Missing;
        Assert.Contains("U+200B", missing!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", missing.Message, StringComparison.Ordinal);
        File.WriteAllText(file, "sk-secret");
        _secrets.Refresh();
        Assert.Equal("sk-secret", pool.Take("m", Now).Value!.Reveal());
        // A file that is not there is no key, as before.
        Assert.True(Pool(local with { Keys = [key with { Value = file + "-not-there" }] }).Take("m", Now).IsKeyless);
    }

    [Fact]
    public void The_first_key_that_is_well_is_taken_again_and_again()
    {
        var pool = TwoKeys();
        for (var i = 0; i < 3; i++)
        {
            var lease = pool.Take("gpt", Now);
            Assert.Equal("openai#1 (env:OPENAI_API_KEY)", lease.Alias);
            Assert.Equal("first-key", lease.Value!.Reveal());
            Assert.Null(lease.Missing);
            lease.Succeeded();
        }
    }

    [Fact]
    public void After_a_rate_limit_the_next_key_is_taken_until_the_first_is_back()
    {
        var pool = TwoKeys();
        pool.Take("gpt", Now).Failed(Failure(FailureReason.RateLimited, 30), Now);
        Assert.True(pool.HasAnother("gpt", Now));
        Assert.Equal("openai#2 (env:OPENAI_API_KEY_2)", pool.Take("gpt", Now).Alias);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("openai#1 (env:OPENAI_API_KEY)", pool.Take("gpt", Now).Alias);
    }

    [Fact]
    public void A_rate_limit_holds_for_its_model_only()
    {
        var pool = TwoKeys();
        pool.Take("gpt", Now).Failed(Failure(FailureReason.RateLimited, 30), Now);
        Assert.Equal("first-key", pool.Take("other", Now).Value!.Reveal());
    }

    [Fact]
    public void Of_several_deadlines_the_latest_holds()
    {
        var pool = TwoKeys();
        var (one, other) = (pool.Take("gpt", Now), pool.Take("gpt", Now));
        one.Failed(Failure(FailureReason.RateLimited, 60), Now);
        other.Failed(Failure(FailureReason.RateLimited, 5), Now);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("second-key", pool.Take("gpt", Now).Value!.Reveal());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("first-key", pool.Take("gpt", Now).Value!.Reveal());
    }

    [Fact]
    public void When_every_key_is_limited_the_first_to_be_back_says_when()
    {
        var pool = TwoKeys();
        pool.Take("gpt", Now).Failed(Failure(FailureReason.RateLimited, 30), Now);
        pool.Take("gpt", Now).Failed(Failure(FailureReason.RateLimited, 12), Now);
        var missing = pool.Take("gpt", Now).Missing!;
        Assert.Equal(FailureReason.RateLimited, missing.Reason);
        Assert.Equal(TimeSpan.FromSeconds(12), missing.RetryAfter);
        Assert.Equal("openai#2 (env:OPENAI_API_KEY_2) is rate limited: words", missing.Message);
        Assert.False(pool.HasAnother("gpt", Now));
    }

    [Theory]
    [InlineData(FailureReason.RateLimited)]
    [InlineData(FailureReason.QuotaExhausted)]
    internal void An_answer_that_was_asked_for_before_a_refusal_does_not_take_it_back(FailureReason reason)
    {
        var pool = Pool(OpenAi(Env("OPENAI_API_KEY")));
        var older = pool.Take("gpt", Now);
        _time.Advance(TimeSpan.FromSeconds(5));
        pool.Take("gpt", Now).Failed(Failure(reason, 60), Now);
        _time.Advance(TimeSpan.FromSeconds(5));
        older.Succeeded();
        Assert.Equal(reason, pool.Take("gpt", Now).Missing!.Reason);
    }

    [Fact]
    public void A_spent_key_rests_ten_minutes_and_twice_as_long_each_time_up_to_a_day()
    {
        var pool = Pool(OpenAi(Env("OPENAI_API_KEY")));
        foreach (var minutes in (int[])[10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440])
        {
            pool.Take("gpt", Now).Failed(Failure(FailureReason.QuotaExhausted), Now);
            Assert.Equal(FailureReason.QuotaExhausted, pool.Take("another model", Now).Missing!.Reason);
            Assert.Equal(TimeSpan.FromMinutes(minutes), pool.Take("gpt", Now).Missing!.RetryAfter);
            _time.Advance(TimeSpan.FromMinutes(minutes));
        }
        pool.Take("gpt", Now).Succeeded();
        pool.Take("gpt", Now).Failed(Failure(FailureReason.QuotaExhausted), Now);
        Assert.Equal(TimeSpan.FromMinutes(10), pool.Take("gpt", Now).Missing!.RetryAfter);
    }

    [Fact]
    public void A_days_quota_of_one_model_leaves_the_others()
    {
        var pool = Pool(OpenAi(Env("OPENAI_API_KEY")));
        pool.Take("gemini-pro", Now).Failed(Failure(FailureReason.QuotaExhausted, code: "GenerateRequestsPerDayPerProjectPerModel-FreeTier"), Now);
        Assert.NotNull(pool.Take("gemini-pro", Now).Missing);
        Assert.Null(pool.Take("gemini-flash", Now).Missing);
    }

    [Fact]
    public void A_rejected_key_is_not_used_again_until_its_value_changes()
    {
        var path = Path.Combine(_folder, "key");
        File.WriteAllText(path, "old-value\n");
        var pool = Pool(OpenAi(new SecretConfig { Source = SecretSource.File, Value = path }));
        var used = pool.Take("gpt", Now);
        Assert.Equal("old-value", used.Value!.Reveal());
        used.Failed(Failure(FailureReason.Credential, status: 401), Now);
        _time.Advance(TimeSpan.FromDays(30));
        _secrets.Refresh();
        var missing = pool.Take("gpt", Now).Missing!;
        Assert.Equal(FailureReason.Credential, missing.Reason);
        Assert.Null(missing.RetryAfter);

        File.WriteAllText(path, "new-value\n");
        _secrets.Refresh();
        Assert.Equal("new-value", pool.Take("gpt", Now).Value!.Reveal());

        used.Failed(Failure(FailureReason.Credential, status: 401), Now);
        Assert.Equal("new-value", pool.Take("gpt", Now).Value!.Reveal());
    }

    [Fact]
    public void A_missing_permission_parks_the_key_for_that_model()
    {
        var pool = Pool(OpenAi(Env("OPENAI_API_KEY")));
        pool.Take("gpt", Now).Failed(Failure(FailureReason.Credential, status: 403, code: "permission_error"), Now);
        Assert.NotNull(pool.Take("gpt", Now).Missing);
        Assert.Null(pool.Take("other", Now).Missing);
    }

    [Theory]
    [InlineData("ServerError")]
    [InlineData("BadRequest")]
    [InlineData("Connect")]
    [InlineData("ContextTooLong")]
    [InlineData("FirstTokenTimeout")]
    public void What_is_not_about_the_key_does_not_park_it(string reason)
    {
        var pool = TwoKeys();
        pool.Take("gpt", Now).Failed(Failure(Enum.Parse<FailureReason>(reason), 60), Now);
        Assert.Equal("first-key", pool.Take("gpt", Now).Value!.Reveal());
    }

    [Fact]
    public void What_befell_a_key_is_remembered_across_a_reload_but_not_at_another_address()
    {
        TwoKeys().Take("gpt", Now).Failed(Failure(FailureReason.Credential, status: 401), Now);
        Assert.Equal("second-key", TwoKeys().Take("gpt", Now).Value!.Reveal());
        var moved = OpenAi(Env("OPENAI_API_KEY")) with { BaseUrl = "https://elsewhere.test/v1" };
        Assert.Equal("first-key", Pool(moved).Take("gpt", Now).Value!.Reveal());
    }

    [Fact]
    public void A_rate_limit_without_a_hint_is_short_and_doubles()
    {
        var pool = Pool(OpenAi(Env("OPENAI_API_KEY")));
        foreach (var milliseconds in (int[])[250, 500, 1000])
        {
            pool.Take("gpt", Now).Failed(Failure(FailureReason.RateLimited), Now);
            Assert.Equal(milliseconds, pool.Take("gpt", Now).Missing!.RetryAfter!.Value.TotalMilliseconds);
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    [Fact]
    public void A_provider_that_needs_a_key_and_has_none_says_what_to_set()
    {
        var missing = Pool(OpenAi()).Take("gpt", Now).Missing!;
        Assert.Equal(FailureReason.Credential, missing.Reason);
        Assert.Equal("no key for openai: set OPENAI_API_KEY, or OPENAI_API_KEY_FILE to a file with the key in it", missing.Message);
        Assert.Contains("set OPENAI_EU_API_KEY,", Pool(OpenAi() with { Id = "openai-eu" }).Take("gpt", Now).Missing!.Message, StringComparison.Ordinal);
        Assert.Equal("openai#1 (env:NOT_THERE): the variable NOT_THERE is not set", Pool(OpenAi(Env("NOT_THERE"))).Take("gpt", Now).Missing!.Message);
    }

    [Fact]
    public void A_provider_that_needs_no_key_is_called_without_one()
    {
        var local = new ProviderConfig { Id = "ollama", Preset = "ollama", Api = ApiKind.Ollama, BaseUrl = "http://127.0.0.1:11434", IsLocal = true };
        var own = new ProviderConfig { Id = "mine", Api = ApiKind.OpenAiChat, BaseUrl = "https://mine.test/v1" };
        var header = OpenAi() with { Headers = ImmutableSortedDictionary<string, SecretConfig>.Empty.Add("Authorization", Env("OPENAI_API_KEY")) };
        foreach (var provider in (ProviderConfig[])[local, own, header, local with { Keys = [Env("NOT_THERE")] }, OpenAi() with { AuthHeader = false }])
        {
            var lease = Pool(provider).Take("m", Now);
            Assert.Null(lease.Missing);
            Assert.Null(lease.Value);
            Assert.Equal(provider.Id + " (no key)", lease.Alias);
        }
    }

    [Theory]
    [InlineData(nameof(FailureReason.Credential), 401, null)]
    [InlineData(nameof(FailureReason.Credential), 403, "permission_error")]
    [InlineData(nameof(FailureReason.QuotaExhausted), 402, null)]
    public void Where_there_is_no_key_none_is_set_aside(string reason, int status, string? code)
    {
        var pool = Pool(new ProviderConfig { Id = "mine", Api = ApiKind.OpenAiChat, BaseUrl = "https://mine.test/v1" });
        var lease = pool.Take("m", Now);
        Assert.True(lease.IsKeyless);
        lease.Failed(Failure(Enum.Parse<FailureReason>(reason), status: status, code: code), Now);
        Assert.Null(pool.Take("m", Now).Missing);
        Assert.Empty(Assert.Single(pool.Snapshot(Now)).Parks);
        Assert.False(TwoKeys().Take("m", Now).IsKeyless);
    }

    [Fact]
    public void A_wait_of_nothing_is_no_reason_to_ask_without_end()
    {
        var pool = Pool(OpenAi(Env("OPENAI_API_KEY")));
        foreach (var milliseconds in (int[])[250, 500])
        {
            pool.Take("gpt", Now).Failed(Failure(FailureReason.RateLimited, 0), Now);
            Assert.Equal(milliseconds, pool.Take("gpt", Now).Missing!.RetryAfter!.Value.TotalMilliseconds);
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    [Fact]
    public void A_provider_without_keys_is_rate_limited_like_any_other()
    {
        var pool = Pool(new ProviderConfig { Id = "mine", Api = ApiKind.OpenAiChat, BaseUrl = "https://mine.test/v1" });
        pool.Take("m", Now).Failed(Failure(FailureReason.RateLimited, 9), Now);
        Assert.Equal(TimeSpan.FromSeconds(9), pool.Take("m", Now).Missing!.RetryAfter);
    }

    [Fact]
    public void A_secret_does_not_show_its_value()
    {
        var lease = TwoKeys().Take("gpt", Now);
        Assert.DoesNotContain("first-key", $"{lease} {lease.Value} {lease.Alias}", StringComparison.Ordinal);
        Assert.Equal("***", lease.Value!.ToString());
        Assert.Equal("openai#1 (config)", Pool(OpenAi(new SecretConfig { Source = SecretSource.Literal, Value = "sk-secret" })).Take("gpt", Now).Alias);
    }

    [Fact]
    public void The_status_of_every_key_can_be_shown()
    {
        var pool = Pool(OpenAi(Env("OPENAI_API_KEY"), Env("NOT_THERE")));
        pool.Take("gpt", Now).Failed(Failure(FailureReason.RateLimited, 9), Now);
        var keys = pool.Snapshot(Now).ToArray();
        Assert.Equal("gpt", Assert.Single(keys[0].Parks).Model);
        Assert.Null(keys[0].Problem);
        Assert.Equal("the variable NOT_THERE is not set", keys[1].Problem);
        Assert.Equal("the variable OPENAI_API_KEY is not set", Assert.Single(Pool(OpenAi()).Snapshot(Now)).Problem);
    }
}
