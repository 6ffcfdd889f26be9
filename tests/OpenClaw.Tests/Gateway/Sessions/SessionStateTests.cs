using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Sessions;

namespace OpenClaw.Tests.Gateway.Sessions;

public sealed class SessionStateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("owner", "main", "main")]
    [InlineData("owner", "agent:main:t1", "owner:agent:main:t1")]
    [InlineData("ci", "main", "ci:main")]
    [InlineData("ci", "a/b c", "ci:a/b c")]
    public void A_key_is_one_text_and_back(string caller, string name, string text)
    {
        var config = new OpenClawConfig { Clients = [new ClientConfig { Name = "ci", Token = SecretConfig.None }] };
        var key = new SessionKey(caller, name);
        Assert.Equal(text, key.ToString());
        Assert.Equal(key, SessionKey.Parse(text, config));
    }

    [Fact]
    public async Task What_a_long_request_holds_does_not_come_back_over_what_was_set_meanwhile()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync("long");
        var entry = new SessionEntry(new SessionDesk(stage.Sessions, stage.Commands), session, null, new Decision("dec_1", stage.Time.GetUtcNow(), "chat"), session.Data.Since);
        async Task OthersAsync(string name)
        {
            for (var i = 0; i < 1200; i++) await stage.OpenAsync(name + i);
        }
        await OthersAsync("a");
        stage.Sessions.Change(await stage.OpenAsync("long"), static d => d with { Override = "openai/gpt-4o", Strict = true });
        await OthersAsync("b");
        entry.Write(TimeSpan.Zero);
        var data = (await stage.OpenAsync("long")).Data;
        Assert.Equal(("openai/gpt-4o", true, 1), (data.Override, data.Strict, data.Requests));
        // Then it goes as any other.
        await OthersAsync("c");
        Assert.NotSame(session, await stage.OpenAsync("long"));
        Assert.Equal("openai/gpt-4o", (await stage.OpenAsync("long")).Data.Override);
    }

    [Fact]
    public void A_name_before_a_colon_that_is_no_callers_is_part_of_the_owners_name() =>
        Assert.Equal(new SessionKey("owner", "agent:main"), SessionKey.Parse("agent:main", new OpenClawConfig()));

    [Theory]
    [InlineData("from-header", """{"user":"u"}""", "header|user", "from-header")]
    [InlineData(null, """{"user":"u","prompt_cache_key":"p","metadata":{"user_id":"user_1_account__session_2"}}""", "header|user_id|user|prompt_cache_key", "user_1_account__session_2")]
    [InlineData(null, """{"user":"u","prompt_cache_key":"p"}""", "header|prompt_cache_key|user", "p")]
    [InlineData(null, """{"user":"u"}""", "header", null)]
    [InlineData(null, """{"user":"  "}""", "header|user", null)]
    [InlineData(null, """{"user":"a\nb"}""", "header|user", "a%0Ab")]
    [InlineData(null, "{}", "header|user", null)]
    public void The_name_is_looked_for_where_the_configuration_says(string? header, string body, string from, string? expected)
    {
        var (name, error) = Find(header, body, from);
        Assert.Null(error);
        Assert.Equal(expected, name);
    }

    [Fact]
    public async Task One_reading_has_as_many_turns_as_its_conversation()
    {
        await using var stage = new SessionStage();
        var session = await stage.Sessions.OpenAsync(new SessionKey("owner", "s"), Cancel);
        var two = Transcript.Empty.With([new TranscriptTurn(true, "hi", default), new TranscriptTurn(false, "ho", default)], 10_000);
        stage.Sessions.WriteTranscript(session, two, session.Data.Since);
        var (data, transcript) = await stage.Sessions.ReadWholeAsync(session, Cancel);
        Assert.Equal((2, 2), (data.Turns, transcript!.Turns.Length));
        // Another gateway said two more: its conversation is there, its count is not yet.
        stage.Ledger.PutRecord("transcript", "s", two.With(two.Turns, 10_000).Write());
        (data, transcript) = await stage.Sessions.ReadWholeAsync(session, Cancel);
        Assert.Equal((4, 4), (data.Turns, transcript!.Turns.Length));
    }

    [Fact]
    public async Task What_was_begun_before_a_reset_is_not_counted_after_it()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        var since = session.Data.Since;
        stage.Sessions.Reset(session);
        stage.Sessions.Settle(session, Answer(), since);
        Assert.Equal(0, session.Data.Requests);
        stage.Sessions.Settle(session, Answer(), session.Data.Since);
        Assert.Equal(1, session.Data.Requests);
    }

    [Fact]
    public async Task A_deleted_session_does_not_come_back_by_what_was_under_way()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        var since = session.Data.Since;
        stage.Sessions.Settle(session, Answer(), since);
        stage.Sessions.Delete(session);
        stage.Sessions.Settle(session, Answer(), since);
        stage.Sessions.Change(session, static data => data with { Override = "openai/gpt-4o" });
        stage.Sessions.WriteTranscript(session, Transcript.Empty.With([new TranscriptTurn(true, "hi", default)], 10_000), since);
        Assert.Empty(await stage.RecordsAsync("session"));
        Assert.Empty(await stage.RecordsAsync("transcript"));
        // Deleted once more, it leaves alone what was begun under its name.
        var next = await stage.OpenAsync();
        Assert.NotSame(session, next);
        stage.Sessions.Settle(next, Answer(), next.Data.Since);
        Assert.False(session.Delete(null, static _ => Assert.Fail("it is another's by now")));
        Assert.Single(await stage.RecordsAsync("session"));
    }

    private static OpenClaw.Gateway.Control.Decision Answer() => SessionStage.Decision("dec_1", ["a/b"], "a/b", new Usage { Input = 7, Output = 3 }, 0.001m);

    [Fact]
    public void What_is_set_is_applied_to_counters_and_an_earlier_count_is_over()
    {
        var key = new SessionKey("owner", "s");
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var counted = SessionData.New(key, at) with { Requests = 7, Override = "old/one", Turns = 4 };
        var set = SessionSettings.Read(new SessionSettings("new/one", true, UsageFooter.Full, "title", at, false) { Archives = ["s@1"] }.Write())!;
        var now = set.ApplyTo(counted);
        Assert.Equal((7, "new/one", true, UsageFooter.Full, "title", 4), ((int)now.Requests, now.Override, now.Strict, now.Footer, now.Title, now.Turns));
        Assert.Equal("s@1", Assert.Single(now.Archives));
        Assert.Equal(set, SessionSettings.Of(now));
        var restarted = (set with { Since = at.AddSeconds(1) }).ApplyTo(counted);
        Assert.Equal((0, 0, "new/one"), ((int)restarted.Requests, restarted.Turns, restarted.Override));

        // Forgotten by a gateway whose clock is behind, and begun anew after that.
        var forgotten = SessionSettings.Read(SessionSettings.Deleted(counted, at.AddMinutes(-5)).Write())!;
        Assert.True(forgotten.Forgets(counted));
        Assert.False(forgotten.Forgets(SessionData.New(key, at.AddSeconds(2))));
    }

    [Fact]
    public void A_bad_header_is_refused_and_a_long_name_of_the_body_is_shortened_so_that_two_stay_two()
    {
        Assert.Equal(GatewayErrorKind.BadRequest, Find(new string('x', 257), "{}", "header").Error!.Kind);
        Assert.Equal(GatewayErrorKind.BadRequest, Find(" ", "{}", "header").Error!.Kind);
        // No path could name them.
        Assert.Equal(GatewayErrorKind.BadRequest, Find("..", "{}", "header").Error!.Kind);
        Assert.Equal("%2E", Find(null, """{"user":"."}""", "user").Name);
        var (one, _) = Find(null, $$"""{"user":"{{new string('x', 300)}}1"}""", "user");
        var (two, _) = Find(null, $$"""{"user":"{{new string('x', 300)}}2"}""", "user");
        Assert.True(SessionNames.IsWellWritten(one!) && SessionNames.IsWellWritten(two!));
        Assert.NotEqual(one, two);
    }

    [Fact]
    public async Task What_was_set_and_counted_is_there_for_the_next_process()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        await stage.RunAsync("model deep strict", session);
        await stage.RunAsync("usage full", session);
        stage.Sessions.Settle(session, SessionStage.Decision("dec_1", ["a/b", "c/d"], "c/d", new Usage { Input = 7, Output = 3, CacheRead = 2 }, 0.0012345678m, failed: "a/b"), session.Data.Since);

        await using var later = new SessionState(stage.Ledger, stage.States, stage.Time);
        var found = (await later.FindAsync(session.Key, Cancel))!.Data;
        Assert.Equal(Text(session.Data), Text(found));
        Assert.Equal(("deep", true, UsageFooter.Full, 1L, 0.0012345678m), (found.Override, found.Strict, found.Footer, found.Requests, found.Cost));
        Assert.Equal(("a/b", "c/d", "headersTimeout"), (found.Fallbacks[0].From, found.Fallbacks[0].To, found.Fallbacks[0].Why));
        Assert.Equal(("c/d", "a/b"), (found.Last!.Model, found.Last.FellBackFrom));
    }

    [Theory]
    [InlineData("a/b: passed over, resting 3 s more", "resting")]
    [InlineData("a/b: left out, budget \"day\" does not hold this call", "budget")]
    [InlineData("a/b: left out, it takes no images", "leftOut")]
    [InlineData("a/bc: passed over, resting 3 s more", "notAsked")]
    public async Task A_fallback_says_why_the_first_was_not_asked(string note, string why)
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        var decision = SessionStage.Decision("dec_1", ["a/b", "c/d"], "c/d", new Usage { Input = 7, Output = 3 }, 0.1m);
        decision.Notes.Add(note);
        stage.Sessions.Settle(session, decision, session.Data.Since);
        Assert.Equal(why, Assert.Single(session.Data.Fallbacks).Why);
    }

    [Fact]
    public async Task The_same_name_of_two_callers_is_two_sessions()
    {
        await using var stage = new SessionStage();
        var own = await stage.OpenAsync("main");
        var clients = await stage.OpenAsync("main", SessionStage.Ci);
        await stage.RunAsync("model anthropic/claude-opus-4", own);
        Assert.Null(clients.Data.Override);
        Assert.NotSame(own, clients);
        // A name that looks like another's key is only a name.
        Assert.NotSame(own, await stage.OpenAsync("owner:main", SessionStage.Ci));
    }

    [Fact]
    public async Task Memory_is_bounded_and_what_left_it_comes_back_with_its_counters()
    {
        await using var stage = new SessionStage();
        var first = await stage.OpenAsync("first");
        stage.Sessions.Settle(first, SessionStage.Decision("dec_1", ["a/b"], "a/b", new Usage { Input = 1 }, 1), first.Data.Since);
        for (var i = 0; i < 3000; i++) await stage.OpenAsync("s" + i);
        var again = await stage.OpenAsync("first");
        Assert.NotSame(first, again);
        // A request that held it all the while is counted where the session is now.
        stage.Sessions.Settle(first, SessionStage.Decision("dec_2", ["a/b"], "a/b", new Usage { Input = 1 }, 1), first.Data.Since);
        Assert.Equal((2L, 2m), (again.Data.Requests, again.Data.Cost));
        Assert.Single(await stage.RecordsAsync("session"));
    }

    // A PostgreSQL that takes connections and says nothing.
    [Fact]
    public async Task A_store_that_hangs_is_waited_for_by_one_request_and_not_by_each()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        await using var stage = new SessionStage();
        await using var ledger = LedgerState.Open(new LedgerOptions { Url = $"postgres://u:p@127.0.0.1:{((System.Net.IPEndPoint)silent.LocalEndpoint).Port}/d?connect_timeout=10" }).Ledger!;
        await using var sessions = new SessionState(ledger, stage.States, stage.Time);
        foreach (var name in (string[])["one", "two"])
        {
            var opening = sessions.OpenAsync(new SessionKey("owner", name), Cancel).AsTask();
            Assert.False(opening.IsCompleted, "it did not ask");
            stage.Time.Advance(TimeSpan.FromSeconds(2));
            Assert.False((await opening).IsKept);
            Assert.False((await sessions.OpenAsync(new SessionKey("owner", "beside " + name), Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel)).IsKept);
            stage.Time.Advance(TimeSpan.FromSeconds(5));
        }
    }

    [Fact]
    public async Task A_hundred_requests_at_once_are_all_counted()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        Parallel.For(0, 100, i => stage.Sessions.Settle(session, SessionStage.Decision("dec_" + i, ["a/b"], "a/b", new Usage { Input = 10, Output = 1 }, 0.01m), session.Data.Since));
        Assert.Equal((100L, 1100L, 1m), (session.Data.Requests, session.Data.Usage.Total, session.Data.Cost));
        var stored = Assert.Single(await stage.RecordsAsync("session"));
        Assert.Equal(100, SessionJson.Read(stored.Json)!.Requests);
    }

    [Fact]
    public async Task What_is_old_or_too_many_is_forgotten_with_its_conversation()
    {
        await using var stage = new SessionStage(SessionStage.Brief.Replace("\"defaultModel\"", "\"sessions\": { \"retention\": \"10d\", \"max\": 2 }, \"defaultModel\"", StringComparison.Ordinal));
        await SayAsync(stage, "old");
        stage.Time.Advance(TimeSpan.FromDays(11));
        foreach (var name in (string[])["a", "b", "c"])
        {
            stage.Time.Advance(TimeSpan.FromSeconds(1));
            await SayAsync(stage, name);
        }
        await stage.Sessions.SweepAsync();
        Assert.Equal(["b", "c"], (await stage.RecordsAsync("session")).Select(static r => r.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["b", "c"], (await stage.RecordsAsync("transcript")).Select(static r => r.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task New_puts_the_conversation_away_and_reset_forgets_it_and_both_keep_what_was_set()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        await stage.RunAsync("model fast", session);
        for (var i = 0; i < 7; i++)
        {
            await SayAsync(stage, "main");
            stage.Time.Advance(TimeSpan.FromSeconds(1));
            await stage.RunAsync("new", session);
        }
        Assert.Equal((5, 0, 0L, "fast"), (session.Data.Archives.Length, session.Data.Turns, session.Data.Requests, session.Data.Override));
        Assert.Equal(5, (await stage.RecordsAsync("transcript")).Count);
        Assert.Equal("hello", (await stage.Sessions.ReadTranscriptAsync(session, Cancel, session.Data.Archives[^1]))!.Turns[0].Text);

        await SayAsync(stage, "main");
        await stage.RunAsync("reset", session);
        Assert.Equal((5, 0), (session.Data.Archives.Length, session.Data.Turns));
        Assert.Empty((await stage.Sessions.ReadTranscriptAsync(session, Cancel))!.Turns);
    }

    [Fact]
    public async Task The_list_is_newest_first_and_goes_on_where_it_stopped()
    {
        await using var stage = new SessionStage();
        for (var i = 0; i < 9; i++)
        {
            stage.Time.Advance(TimeSpan.FromSeconds(1));
            var opened = await stage.OpenAsync("s" + i);
            stage.Sessions.Settle(opened, SessionStage.Decision("dec", ["a/b"], "a/b", default, 0), opened.Data.Since);
        }
        await using var later = new SessionState(stage.Ledger, stage.States, stage.Time);
        var first = await later.ListAsync(4, null, Cancel);
        var second = await later.ListAsync(4, first![^1].Updated, Cancel);
        var third = await later.ListAsync(4, second![^1].Updated, Cancel);
        Assert.Equal(["s8", "s7", "s6", "s5", "s4", "s3", "s2", "s1", "s0"], first.Concat(second).Concat(third!).Select(static s => s.Key.Name));
    }

    [Fact]
    public async Task A_deleted_session_does_not_come_back_with_a_request_that_was_still_running()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        stage.Sessions.Settle(session, SessionStage.Decision("dec", ["a/b"], "a/b", default, 0), session.Data.Since);
        stage.Sessions.Delete(session);
        stage.Sessions.Settle(session, SessionStage.Decision("dec", ["a/b"], "a/b", default, 0), session.Data.Since);
        Assert.Empty(await stage.RecordsAsync("session"));
        Assert.Null(await stage.Sessions.FindAsync(session.Key, Cancel));
    }

    [Fact]
    public void A_conversation_keeps_to_its_bound_and_begins_with_the_user()
    {
        var transcript = Transcript.Empty;
        for (var i = 0; i < 50; i++)
        {
            transcript = transcript.With([new TranscriptTurn(true, $"q{i} \"{new string('x', 300)}\"", default), new TranscriptTurn(false, new string('ä', 300), default, "a/b", "dec", i % 2 == 0)], 8 * 1024);
            Assert.InRange(transcript.Write().Length, 1, 8 * 1024);
            Assert.True(transcript.Turns[0].IsUser);
        }
        Assert.Equal(100, transcript.Dropped + transcript.Turns.Length);
        Assert.Equal(Encoding.UTF8.GetString(transcript.Write().Span), Encoding.UTF8.GetString(Transcript.Read(transcript.Write()).Write().Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"client":"owner","name":"x","created":"yesterday"}""")]
    public void What_no_version_wrote_is_no_session_and_no_error(string json)
    {
        Assert.Null(SessionJson.Read(Encoding.UTF8.GetBytes(json)));
        Assert.Empty(Transcript.Read(Encoding.UTF8.GetBytes(json)).Turns);
    }

    private static async Task SayAsync(SessionStage stage, string name)
    {
        var session = await stage.OpenAsync(name);
        stage.Sessions.Settle(session, SessionStage.Decision("dec", ["a/b"], "a/b", new Usage { Input = 1 }, 1), session.Data.Since);
        stage.Sessions.WriteTranscript(session, Transcript.Empty.With([new TranscriptTurn(true, "hello", default), new TranscriptTurn(false, "hi", default, "a/b")], 10_000), session.Data.Since);
    }

    private static (string? Name, GatewayError? Error) Find(string? header, string body, string from)
    {
        var headers = new HeaderDictionary();
        if (header is not null) headers["x-openclaw-session"] = header;
        using var envelope = RequestEnvelope.Of(Encoding.UTF8.GetBytes(body));
        return SessionNames.Find(headers, envelope, [.. from.Split('|')]);
    }

    private static string Text(SessionData data) => Encoding.UTF8.GetString(SessionJson.Write(data).Span);
}
