using System.Collections.Immutable;
using OpenClaw.Config;
using OpenClaw.Gateway.State;

namespace OpenClaw.Tests.Gateway.State;

public sealed class SecretWatcherTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("openclaw-secrets").FullName;
    private readonly SecretStore _store = new(ConfigEnvironment.Of(new Dictionary<string, string> { ["KEY"] = " from-env ", ["BAD"] = "two\nlines" }));
    private readonly List<ImmutableArray<SecretConfig>> _changes = [];
    private readonly List<string> _log = [];
    private readonly SecretWatcher _watcher;
    private bool _fails;

    public SecretWatcherTests() => _watcher = new SecretWatcher(_store, _time, Changed, _log.Add);

    private void Changed(ImmutableArray<SecretConfig> changed)
    {
        _changes.Add(changed);
        if (_fails) throw new InvalidOperationException("of the listener");
    }

    public void Dispose()
    {
        _watcher.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private SecretConfig InFile(string name, string? pointer = null) => new() { Source = SecretSource.File, Value = Path.Combine(_folder, name), Pointer = pointer };

    private string? Value(SecretConfig config) => _store.Read(config).Value?.Reveal();

    private void Tick() => _time.Advance(SecretWatcher.Interval);

    [Fact]
    public void A_link_swapped_the_way_Kubernetes_does_it_is_seen_within_a_second()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("links need rights on Windows");
        Publish("..2026_01", "one");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "..2026_01");
        File.CreateSymbolicLink(Path.Combine(_folder, "key"), Path.Combine("..data", "key"));
        var config = InFile("key");
        Assert.Equal("one", Value(config));

        // Same length, same times: only the link tells.
        Publish("..2026_02", "two");
        var times = File.GetLastWriteTimeUtc(Path.Combine(_folder, "..2026_01", "key"));
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "..2026_02", "key"), times);
        Directory.Delete(Path.Combine(_folder, "..data"));
        Tick();
        Assert.Equal("one", Value(config));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "..2026_02");
        Directory.Delete(Path.Combine(_folder, "..2026_01"), recursive: true);

        Assert.Equal("one", Value(config));
        var version = _store.Version;
        Tick();
        Assert.Equal("two", Value(config));
        Assert.Equal(config, Assert.Single(Assert.Single(_changes)));
        Assert.Equal(version + 1, _store.Version);
    }

    private void Publish(string folder, string value)
    {
        Directory.CreateDirectory(Path.Combine(_folder, folder));
        File.WriteAllText(Path.Combine(_folder, folder, "key"), value);
    }

    [Theory]
    [InlineData("/key", """{ "key": "\ud800" }""")]
    [InlineData("/key", """{ "\udc00": 1, "key": "\ud800x" }""")]
    public void Half_a_character_in_a_file_keeps_the_old_value_and_says_where(string pointer, string json)
    {
        var config = InFile("keys.json", pointer);
        File.WriteAllText(config.Value, """{ "key": "one" }""");
        Assert.Equal("one", Value(config));
        File.WriteAllText(config.Value, json);
        Tick();
        Assert.Equal("one", Value(config));
        Assert.Contains("holds half a character (an escape such as \\ud800) at /key", _store.Read(config).Problem, StringComparison.Ordinal);
        Assert.Empty(_changes);
        Assert.Empty(_log);
    }

    [Fact]
    public void Whatever_goes_wrong_in_a_look_is_told_and_the_next_look_comes()
    {
        var config = InFile("key");
        foreach (var value in (string[])["one", "two", "three"])
        {
            File.WriteAllText(config.Value, value);
            if (value == "one") Value(config);
            _fails = value == "two";
            Tick();
        }
        Assert.Equal("three", Value(config));
        Assert.Equal(2, _changes.Count);
        Assert.Contains("of the listener", Assert.Single(_log), StringComparison.Ordinal);
    }

    [Fact]
    public void In_the_middle_of_a_swap_the_old_value_is_kept()
    {
        var config = InFile("key");
        File.WriteAllText(config.Value, "one");
        Assert.Equal("one", Value(config));
        File.WriteAllText(config.Value, "  \n");
        Tick();
        Assert.Equal("one", Value(config));
        Assert.Equal($"file:{config.Value} is empty", _store.Read(config).Problem);
        File.Delete(config.Value);
        Tick();
        Assert.Equal("one", Value(config));
        File.WriteAllText(config.Value, "two");
        Tick();
        Assert.Equal("two", Value(config));
        Assert.Null(_store.Read(config).Problem);
        Assert.Single(_changes);
    }

    [Theory]
    [InlineData(null, "does not exist")]
    [InlineData(" \n", "is empty")]
    [InlineData("two\nlines", "holds a control character")]
    public void A_file_that_no_longer_gives_its_secret_is_told_once_and_so_is_its_return(string? content, string problem)
    {
        var config = InFile("key");
        File.WriteAllText(config.Value, "one");
        Assert.Equal("one", Value(config));
        if (content is null) File.Delete(config.Value);
        else File.WriteAllText(config.Value, content);
        // A swap that is under way looks the same at first.
        Tick();
        Assert.Empty(_log);
        Assert.Null(_store.Loss(config));
        for (var i = 0; i < 4; i++) Tick();
        var line = Assert.Single(_log);
        Assert.StartsWith($"secret {config}: ", line, StringComparison.Ordinal);
        Assert.Contains(problem, line, StringComparison.Ordinal);
        Assert.Contains("its old value stays in use", line, StringComparison.Ordinal);
        Assert.Contains(problem, _store.Loss(config), StringComparison.Ordinal);
        Assert.Equal(config, Assert.Single(_store.Losses()).Secret);
        Assert.Equal("one", Value(config));

        File.WriteAllText(config.Value, "one");
        Tick();
        Tick();
        Assert.Equal($"secret {config}: it can be read again", _log[1]);
        Assert.Equal(2, _log.Count);
        Assert.Empty(_store.Losses());
        Assert.Empty(_changes);
    }

    [Fact]
    public void The_file_of_a_secret_that_is_no_longer_configured_may_go()
    {
        var (gone, kept) = (InFile("gone"), InFile("kept"));
        foreach (var config in (SecretConfig[])[gone, kept])
        {
            File.WriteAllText(config.Value, "one");
            Assert.Equal("one", Value(config));
            File.Delete(config.Value);
        }
        _store.Use([kept]);
        for (var i = 0; i < 3; i++) Tick();
        Assert.Contains("kept", Assert.Single(_log), StringComparison.Ordinal);
        _store.Use([]);
        Assert.Empty(_store.Losses());
    }

    [Fact]
    public void Nothing_is_told_when_nothing_changed()
    {
        var config = InFile("key");
        File.WriteAllText(config.Value, "one");
        Assert.Equal("one", Value(config));
        File.WriteAllText(config.Value, "one\n");
        for (var i = 0; i < 5; i++) Tick();
        Assert.Empty(_changes);
        Assert.Equal(0, _store.Version);
    }

    [Fact]
    public void A_file_that_comes_later_is_found()
    {
        var config = InFile("later");
        Assert.Equal($"the file {config.Value} does not exist", _store.Read(config).Problem);
        File.WriteAllText(config.Value, "here");
        Tick();
        Assert.Equal("here", Value(config));
    }

    [Fact]
    public void A_pointer_finds_its_text_in_a_JSON_file()
    {
        File.WriteAllText(Path.Combine(_folder, "keys.json"), """{ "a/b": { "list": ["x", "y"] }, "n": 1, } // of our own""");
        Assert.Equal("y", Value(InFile("keys.json", "/a~1b/list/1")));
        Assert.Null(Value(InFile("keys.json", "/n")));
        Assert.Null(Value(InFile("keys.json", "/a~1b/list/9")));
        Assert.Contains("has no text at /missing", _store.Read(InFile("keys.json", "/missing")).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_and_literals_are_trimmed_and_a_key_of_two_lines_is_none()
    {
        Assert.Equal("from-env", Value(new SecretConfig { Source = SecretSource.Env, Value = "KEY" }));
        Assert.Equal("x", Value(new SecretConfig { Source = SecretSource.Literal, Value = "x\n" }));
        Assert.Equal("env:BAD holds a control character, so it cannot be sent in a header", _store.Read(new SecretConfig { Source = SecretSource.Env, Value = "BAD" }).Problem);
        Assert.Equal("the variable GONE is not set", _store.Read(new SecretConfig { Source = SecretSource.Env, Value = "GONE" }).Problem);
        Assert.Null(Value(SecretConfig.None));
    }

    [Fact]
    public void A_folder_or_an_endless_file_is_a_problem_and_not_a_hang()
    {
        Assert.NotNull(_store.Read(new SecretConfig { Source = SecretSource.File, Value = _folder }).Problem);
        File.WriteAllBytes(Path.Combine(_folder, "large"), new byte[70_000]);
        Assert.Contains("too large", _store.Read(InFile("large")).Problem, StringComparison.Ordinal);
    }
}
