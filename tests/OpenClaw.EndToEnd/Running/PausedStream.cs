using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

/// <summary>Makes a scripted model stop in mid-answer until the test lets it go on.</summary>
internal sealed class PausedStream
{
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _halfway = new(0);

    public PausedStream(ScriptedServer server, string model) => server.On(model, PlayAsync);

    /// <summary>Completes once for each answer that has half of its words out.</summary>
    public async Task HalfwayAsync() => Assert.True(await _halfway.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken), "no request came");

    /// <summary>Lets all answers end, those to come too.</summary>
    public void GoOn() => _goOn.TrySetResult();

    private async Task PlayAsync(ScriptedExchange x)
    {
        var turn = new ScriptedTurn("paused", x.Request.Model, 0, 4, x.Request.IncludeUsage) { Text = ScriptedAnswer.Text };
        var frames = x.Wire.Stream(turn).ToList();
        await x.HeadAsync(200, x.Wire.StreamType, null);
        foreach (var frame in frames.Take(frames.Count / 2)) await x.Connection.ChunkAsync(frame.Bytes);
        _halfway.Release();
        await _goOn.Task.WaitAsync(x.Connection.PeerClosed);
        foreach (var frame in frames.Skip(frames.Count / 2)) await x.Connection.ChunkAsync(frame.Bytes);
        await x.Connection.EndChunksAsync();
        x.KeepOpen = x.Request.KeepAlive;
    }
}
