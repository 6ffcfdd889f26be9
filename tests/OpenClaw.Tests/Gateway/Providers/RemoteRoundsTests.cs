using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Providers;

namespace OpenClaw.Tests.Gateway.Providers;

public sealed class RemoteRoundsTests
{
    private static readonly ServedPlace s_place = new("far", "https://far.example/v1", DialectKind.OpenAiChat);
    private readonly TwoClocks _time = new();

    [Fact]
    public void Who_has_not_answered_is_due_in_every_round_and_who_has_an_hour_later()
    {
        var rounds = new RemoteRounds(_time);
        Assert.True(rounds.IsDue(s_place));
        Assert.True(rounds.IsDue(s_place));
        rounds.Answered(s_place);
        _time.Elapsed = TimeSpan.FromMinutes(59);
        Assert.False(rounds.IsDue(s_place));
        _time.Elapsed = TimeSpan.FromMinutes(60);
        Assert.True(rounds.IsDue(s_place));
    }

    [Fact]
    public void A_clock_that_is_set_back_puts_nothing_off()
    {
        var rounds = new RemoteRounds(_time);
        rounds.Answered(s_place);
        _time.Now -= TimeSpan.FromDays(3);
        _time.Elapsed = TimeSpan.FromMinutes(60);
        Assert.True(rounds.IsDue(s_place));
    }

    [Fact]
    public void What_is_configured_anew_is_asked_anew()
    {
        var rounds = new RemoteRounds(_time);
        rounds.Answered(s_place);
        rounds.KeepOnly(new HashSet<ServedPlace> { s_place });
        Assert.False(rounds.IsDue(s_place));
        rounds.KeepOnly(new HashSet<ServedPlace>());
        Assert.True(rounds.IsDue(s_place));
    }

    // The one on the wall, which somebody may set, and the one that only goes on.
    private sealed class TwoClocks : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public TimeSpan Elapsed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Elapsed.Ticks;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
