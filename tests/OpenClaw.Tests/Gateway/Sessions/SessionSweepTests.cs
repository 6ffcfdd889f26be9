using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Sessions;

namespace OpenClaw.Tests.Gateway.Sessions;

/// <summary>Old sessions are forgotten, but not under the hands of who uses them.</summary>
public sealed class SessionSweepTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_in_the_middle_of_an_answer_stays_and_goes_once_it_is_old_again()
    {
        await using var stage = Stage();
        var session = await stage.OpenAsync("old");
        Use(stage, session);
        // The clock's own sweeps come by as well.
        Assert.True(await session.BeginTurnAsync(Cancel));
        stage.Time.Advance(TimeSpan.FromDays(11));
        await stage.Sessions.SweepAsync();
        Assert.Equal("old", Assert.Single(await stage.RecordsAsync("session")).Key);
        // What its answer came to is counted in it.
        Use(stage, session);
        session.EndTurn();
        await stage.Sessions.SweepAsync();
        Assert.Equal(2, SessionJson.Read(Assert.Single(await stage.RecordsAsync("session")).Json)!.Requests);
        Assert.Same(session, await stage.OpenAsync("old"));

        stage.Time.Advance(TimeSpan.FromDays(11));
        await stage.Sessions.SweepAsync();
        Assert.Empty(await stage.RecordsAsync("session"));
        Assert.Null(await stage.Sessions.FindAsync(session.Key, Cancel));
    }

    [Fact]
    public async Task What_is_used_while_the_sweep_runs_is_kept_whole_or_forgotten_whole()
    {
        await using var stage = Stage();
        for (var round = 0; round < 40; round++)
        {
            var session = await stage.OpenAsync("old");
            var before = session.Data.Requests;
            Use(stage, session);
            stage.Time.Advance(TimeSpan.FromDays(11));
            var used = Task.Run(() => Use(stage, session), Cancel);
            await Task.WhenAll(used, stage.Sessions.SweepAsync());
            var stored = (await stage.RecordsAsync("session")).Select(static r => SessionJson.Read(r.Json)!.Requests).ToList();
            // Either both uses are in it, or it is gone; half of it would be one that begins with the second.
            Assert.True(stored.Count == 0 || (stored.Count == 1 && stored[0] == before + 2), $"{before} before, {string.Join(", ", stored)} after");
            var found = await stage.Sessions.FindAsync(session.Key, Cancel);
            Assert.Equal(stored.Count == 0, found is null);
        }
    }

    [Fact]
    public async Task The_clock_sweeps_a_minute_after_the_start_and_then_every_hour()
    {
        await using var stage = Stage();
        Use(stage, await stage.OpenAsync("old"));
        stage.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Single(await stage.RecordsAsync("session"));
        stage.Time.Advance(TimeSpan.FromDays(11));
        for (var tries = 0; tries < 500 && (await stage.RecordsAsync("session")).Count > 0; tries++)
        {
            await Task.Delay(5, Cancel);
            stage.Time.Advance(TimeSpan.FromHours(1));
        }
        Assert.Empty(await stage.RecordsAsync("session"));
    }

    private static SessionStage Stage() =>
        new(SessionStage.Brief.Replace("\"defaultModel\"", "\"sessions\": { \"retention\": \"10d\" }, \"defaultModel\"", StringComparison.Ordinal));

    private static void Use(SessionStage stage, Session session) =>
        stage.Sessions.Settle(session, SessionStage.Decision("dec", ["a/b"], "a/b", new Usage { Input = 10, Output = 1 }, 0.01m), session.Data.Since);
}
