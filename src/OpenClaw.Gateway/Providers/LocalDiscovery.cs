using System.Threading.Channels;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Providers;

/// <summary>
/// Asks the configured servers what they serve: those of one's own at the start, after each reload and every minute, remote
/// ones that list models in OpenAI's way every hour once they have answered. In the background, bounded in time and size, and quiet: a server that is
/// away is a fact like another, never a reason not to start or to stop calling it.
/// </summary>
internal sealed class LocalDiscovery : IAsyncDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);

    private const int MostAtOnce = 4;

    private readonly StateHolder _states;
    private readonly DiscoveryState _discovered;
    private readonly DiscoveryQuestions _questions;
    private readonly TimeProvider _time;
    private readonly Action<string> _log;
    private readonly CancellationTokenSource _stop = new();

    // One waiting wake-up is enough: a round looks at everything.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly RemoteRounds _remote;
    private Task _running = Task.CompletedTask;
    private ITimer? _timer;

    public LocalDiscovery(StateHolder states, DiscoveryState discovered, TimeProvider time, Action<string> log)
    {
        (_states, _discovered, _time, _log) = (states, discovered, time, log);
        _questions = new DiscoveryQuestions(time);
        _remote = new RemoteRounds(time);
    }

    /// <summary>Returns at once.</summary>
    public void Start()
    {
        _states.Replaced += Wake;
        Wake();
        _timer = _time.CreateTimer(static d => ((LocalDiscovery)d!).Wake(), this, Interval, Interval);
        _running = Task.Run(RunAsync);
    }

    /// <summary>One round: every place of the snapshot is asked, and what it says is known when this returns.</summary>
    public async Task LookAsync(GatewayState state, CancellationToken cancel)
    {
        var places = new Dictionary<ServedPlace, (ProviderEntry Entry, bool IsLocal)>();
        foreach (var entry in state.Providers.Values)
        {
            foreach (var (place, isLocal) in PlacesOf(entry)) places.TryAdd(place, (entry, isLocal));
        }
        var kept = places.Keys.ToHashSet();
        _discovered.KeepOnly(kept);
        _remote.KeepOnly(kept);
        var due = places.Where(p => p.Value.IsLocal || _remote.IsDue(p.Key)).ToList();
        await Parallel.ForEachAsync(
            due, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancel },
            async (p, stop) => await AskAsync(p.Key, p.Value.Entry, stop).ConfigureAwait(false)).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _states.Replaced -= Wake;
        _wake.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_timer is not null) await _timer.DisposeAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _questions.Dispose();
        _stop.Dispose();
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private async Task RunAsync()
    {
        try
        {
            await foreach (var _ in _wake.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false)) await RoundAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task RoundAsync()
    {
        try
        {
            await LookAsync(_states.Current, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A bug of ours; requests do not depend on what is found here, and the next round may do better.
            _log($"bug in the discovery of models: {e}");
        }
    }

    private async ValueTask AskAsync(ServedPlace place, ProviderEntry entry, CancellationToken cancel)
    {
        var lease = entry.Keys.Take("", _time.GetUtcNow());
        if (lease.Missing is not null) return;
        var (models, problem) = await _questions.AskAsync(place, entry, lease.Value, _discovered.Of(place), cancel).ConfigureAwait(false);
        if (models is null)
        {
            _discovered.Failed(place, problem!);
            return;
        }
        _discovered.Found(place, models, _time.GetUtcNow());
        _remote.Answered(place);
    }

    /// <summary>The provider's own address, and those that single models have instead of it.</summary>
    private static IEnumerable<(ServedPlace Place, bool IsLocal)> PlacesOf(ProviderEntry entry)
    {
        var provider = entry.Config;
        if (provider.Api == ApiKind.Scripted) yield break;
        foreach (var (api, url) in provider.Models.Select(m => (m.Api ?? provider.Api, m.BaseUrl ?? provider.BaseUrl)).Append((provider.Api, provider.BaseUrl)))
        {
            var kind = DialectTable.KindOf(api);
            var isLocal = url == provider.BaseUrl ? provider.IsLocal : ProviderAddress.IsLocal(url);
            if (kind == DialectKind.Gemini || (!isLocal && kind != DialectKind.OpenAiChat)) continue;
            yield return (new ServedPlace(entry.Id, ProviderEntry.RootFor(url, kind), kind), isLocal);
        }
    }
}
