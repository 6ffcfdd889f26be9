using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Tests.Gateway.State;

/// <summary>What is compared is what was read, so no change falls between a look and a reading.</summary>
public sealed class ConfigWatcherTests : IAsyncDisposable
{
    private const string First = """{ "defaultModel": "scripted/ok" }""";
    private const string Second = """{ "defaultModel": "scripted/down" }""";

    private readonly ReloadStage _stage = new();
    private readonly StateBuilder _builder;
    private readonly ConfigFiles _files;
    private ConfigWatcher? _watcher;

    public ConfigWatcherTests() => (_builder, _files) = (new StateBuilder(_stage.Options, new Backoff(new Random(1))), new ConfigFiles(_stage.Options));

    public async ValueTask DisposeAsync()
    {
        if (_watcher is not null) await _watcher.DisposeAsync();
        await _builder.DisposeAsync();
        await _stage.DisposeAsync();
    }

    [Fact]
    public async Task A_change_while_the_gateway_starts_is_taken_up()
    {
        var states = await ReadAsync();
        _stage.Write(Second);
        _watcher!.Start();
        Assert.Equal("reloaded: the file changed", await _stage.TickAsync());
        Assert.Equal("scripted/down", states.Current.Config.Models.Chain[0].ToString());
    }

    [Fact]
    public async Task What_could_not_be_read_once_is_read_again_though_it_is_the_same()
    {
        await ReadAsync();
        _watcher!.Start();
        File.Delete(_stage.File);
        await _watcher.ReloadAsync("a secret changed");
        Assert.True(_watcher.IsStale);
        _stage.Write(First);
        Assert.StartsWith("reload refused", await _stage.TickAsync(), StringComparison.Ordinal);
        Assert.Equal("reloaded: the file changed", await _stage.TickAsync());
        Assert.False(_watcher.IsStale);
    }

    [Fact]
    public async Task A_broken_file_is_told_of_once()
    {
        await ReadAsync();
        _watcher!.Start();
        Assert.StartsWith("reload refused", await _stage.ReloadAsync("{"), StringComparison.Ordinal);
        Assert.False(_files.HasChanged());
        Assert.Equal("reloaded: the file changed", await _stage.ReloadAsync(Second));
    }

    private async Task<StateHolder> ReadAsync()
    {
        _stage.Write(First);
        var (config, _, _) = await _files.ReadAsync(TestContext.Current.CancellationToken);
        var states = new StateHolder(_builder.Build(config!).State!);
        _watcher = new ConfigWatcher(_stage.Options, _files, _builder, states);
        return states;
    }
}
