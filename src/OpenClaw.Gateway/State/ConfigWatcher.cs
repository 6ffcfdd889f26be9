using OpenClaw.Config;

namespace OpenClaw.Gateway.State;

/// <summary>
/// Follows the configuration file, through Kubernetes' symlink swap too, by looking once a second at its content. A good
/// new one replaces the snapshot; running requests keep theirs. A broken one is reported once and the old stays in force.
/// </summary>
internal sealed class ConfigWatcher(GatewayOptions options, ConfigFiles files, StateBuilder builder, StateHolder states) : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    // What the process took when it started, it keeps.
    private readonly OpenClawConfig _started = states.Current.Config;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _one = new(1);
    private Task _watching = Task.CompletedTask;
    private string _told = "";
    private volatile Outcome _outcome = new(false, []);

    /// <summary>True when the file on disk is broken and the configuration before it is in force.</summary>
    public bool IsStale => _outcome.IsStale;

    /// <summary>What is wrong with the file on disk, and what in it waits for the next start, one line each; empty when nothing is.</summary>
    public IReadOnlyList<string> Problems => _outcome.Problems;

    public long Reloads { get; private set; }

    public void Start()
    {
        builder.SecretsChanged += OnSecretChanged;
        if (files.Path is null) return;
        _watching = WatchAsync();
    }

    /// <summary>Reads the file now and swaps the snapshot if it is good.</summary>
    public Task ReloadAsync(string why) => ReloadAsync(why, isOfSecret: false);

    private async Task ReloadAsync(string why, bool isOfSecret)
    {
        await _one.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            var (config, problems, refusal) = await files.ReadAsync(_stop.Token).ConfigureAwait(false);
            if (config is not null && WhyNotYet(config) is { } later) (config, refusal) = (null, later);
            var (state, stateRefusal) = config is null ? (null, refusal) : builder.Build(config);
            if (state is null)
            {
                var broken = stateRefusal ?? refusal!;
                _outcome = new Outcome(true, [broken.Message, .. broken.Problems.Select(static p => p.ToString())]);
                options.Log($"reload refused, the configuration before stays in force: {string.Join("; ", Problems)}");
                // What is in force has its secrets hashed in: a token that was rotated holds, whatever has become of the file.
                if (isOfSecret) Rebuild();
                return;
            }
            var waiting = string.Join(", ", OfTheStart(_started, state.Config));
            if (waiting.Length > 0) waiting += ": in force from the next start on";
            if (waiting.Length > 0 && waiting != _told) options.Log(waiting);
            _told = waiting;
            states.Replace(state);
            _outcome = new Outcome(false, [.. problems.Select(static p => p.ToString()), .. waiting.Length > 0 ? [waiting] : Array.Empty<string>()]);
            Reloads++;
            options.Log($"reloaded: {why}");
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Makes the snapshot anew of the same configuration: something beside the file changed that it is made of.</summary>
    public async Task RebuildAsync()
    {
        try
        {
            await _one.WaitAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return;
        }
        try
        {
            Rebuild();
        }
        finally
        {
            _one.Release();
        }
    }

    private void Rebuild()
    {
        var (state, refusal) = builder.Build(states.Current.Written);
        if (state is not null) states.Replace(state);
        else options.Log($"what changed is not in force: {refusal!.Message}");
    }

    public async ValueTask DisposeAsync()
    {
        builder.SecretsChanged -= OnSecretChanged;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _stop.Dispose();
    }

    // Budgets are refused without a ledger; the one that the file names is opened by the next start.
    private StartRefusal? WhyNotYet(OpenClawConfig config) => _started.Storage.Url == StorageConfig.None && (!config.Budgets.IsEmpty || config.Clients.Any(static c => !c.Budgets.IsEmpty))
        ? new StartRefusal("it has budgets, and the gateway was started without a ledger (storage.url none)", "start it again to open the ledger that the file names", [])
        : null;

    private static IEnumerable<string> OfTheStart(OpenClawConfig was, OpenClawConfig now)
    {
        if (was.Gateway.Port != now.Gateway.Port) yield return "gateway.port";
        if (was.Gateway.Bind != now.Gateway.Bind) yield return "gateway.bind";
        if (was.Gateway.CustomBindHost != now.Gateway.CustomBindHost) yield return "gateway.customBindHost";
        if (was.Gateway.MaxConnections != now.Gateway.MaxConnections) yield return "gateway.maxConnections";
        if (was.Gateway.DrainTimeout != now.Gateway.DrainTimeout) yield return "gateway.drainTimeout";
        if (was.Storage != now.Storage) yield return "storage";
    }

    // Keys are read at each use; a token is hashed into the snapshot, so a changed secret makes a new one.
    private void OnSecretChanged(string what) => _ = ReloadQuietlyAsync(what);

    private async Task ReloadQuietlyAsync(string what)
    {
        try
        {
            await ReloadAsync("secret changed: " + what, isOfSecret: true).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The gateway is on its way out.
        }
        catch (Exception e)
        {
            options.Log($"a secret changed and is not in force ({what}): {e}");
        }
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(s_interval, options.Time);
        string? told = null;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    if (files.HasChanged()) await ReloadAsync("the file changed").ConfigureAwait(false);
                    told = null;
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // A bug of ours, or of the file's place: the next file may do better.
                    if (told != e.Message) options.Log($"the configuration could not be read again, the one before stays in force: {e}");
                    told = e.Message;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    // One reference, so that nobody sees a stale file without its problems.
    private sealed record Outcome(bool IsStale, IReadOnlyList<string> Problems);
}
