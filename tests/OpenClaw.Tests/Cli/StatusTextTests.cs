using System.Text.Json;
using OpenClaw.Commands;

namespace OpenClaw.Tests.Cli;

public sealed class StatusTextTests
{
    private const string Status = """
        { "version": "1.2.3", "startedAt": "2026-01-01T00:00:00Z", "configLoadedAt": "2026-01-01T00:02:00Z", "configIsStale": true,
          "configProblems": ["error: line 1 (document): no"], "secretProblems": ["file:/k: gone"], "draining": false, "inFlight": 3, "chain": ["openai/a", "ollama/b"],
          "providers": [ { "id": "openai", "api": "OpenAiChat", "baseUrl": "https://api.openai.com/v1", "local": false,
                           "keys": [ { "alias": "openai#1 (env:K1)", "state": "ok", "parked": [] },
                                     { "alias": "openai#2 (env:K2)", "state": "parked", "parked": [ { "model": "a", "reason": "rateLimited", "until": "2026-01-01T00:03:11Z" } ] } ] },
                         { "id": "scripted", "api": "Scripted", "baseUrl": "http://scripted.invalid", "keys": [ { "alias": "scripted (no key)", "state": "ok", "parked": [] } ] } ],
          "targets": [ { "target": "openai/a", "available": false, "state": "resting 4.2 s more after Connect: refused" } ] }
        """;

    private const string Decisions = """
        { "decisions": [ { "id": "dec_1", "time": "2026-01-01T00:02:00Z", "requested": "", "outcome": "healed", "firstTokenMs": 26.1, "totalMs": 1204.4,
            "attempts": [ { "target": "openai/a", "kind": "first", "status": 503, "failure": "overloaded", "message": "full", "served": false },
                          { "target": "openai/a", "kind": "retry", "waitedMs": 300, "failure": "cut", "message": "broke off", "served": true },
                          { "target": "ollama/b", "kind": "restart", "served": true } ] },
          { "id": "dec_2", "time": "2026-01-01T00:01:00Z", "requested": "x/y", "outcome": "refused", "error": "unknown model", "totalMs": 0.4, "attempts": [] } ] }
        """;

    [Fact]
    public void Shows_what_the_gateway_sees()
    {
        var text = StatusText.Of("http://127.0.0.1:18789", Parse(Status), Parse(Decisions), new DateTimeOffset(2026, 1, 1, 0, 2, 41, TimeSpan.Zero));
        // Times of decisions are local, so the hour and minute depend on the machine.
        text = System.Text.RegularExpressions.Regex.Replace(text, @"\d\d:\d\d:00", "HH:MM:00");
        Assert.Equal(
            """
            OpenClaw 1.2.3 at http://127.0.0.1:18789, up 2m 41s
            Config     loaded 41s ago; STALE: the file was changed since and is not valid
                       error: line 1 (document): no
                       file:/k: gone
            In flight  3
            Chain      openai/a -> ollama/b

            Providers
              Provider  Address                    Keys
              openai    https://api.openai.com/v1  env:K1 ok; env:K2 parked (rateLimited for a for 30s)
              scripted  (embedded)                 none needed

            Targets
              Target    State
              openai/a  resting 4.2 s more after Connect: refused

            Last decisions
              Time      Asked    Outcome  #  Target    What happened                               First  Total   Decision
              HH:MM:00  default  healed   1  openai/a  503 overloaded: full                        26 ms  1.20 s  dec_1
                                          2  openai/a  after 300 ms, again: cut: broke off
                                          3  ollama/b  starts again, skips what was sent: answers
              HH:MM:00  x/y      refused  -  -         unknown model                                      0.4 ms  dec_2

            """,
            text);
    }

    [Fact]
    public void An_answer_of_another_version_with_nothing_in_it_is_shown_too()
    {
        var text = StatusText.Of("http://g", Parse("{}"), Parse("{}"), default);
        Assert.Contains("none: no default model is configured", text, StringComparison.Ordinal);
        Assert.Contains("none was called yet", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Shows_what_budgets_stand_at()
    {
        var status = Parse("""
            { "version": "1", "chain": [], "providers": [], "targets": [], "budgets": [
              { "name": "monthly", "unit": "usd", "limit": 50, "spent": 25.5, "reserved": 0.0204, "windowEnds": "2026-01-02T00:00:00Z" },
              { "name": "each", "unit": "tokens", "limit": 20000, "subjects": [{ "subject": "ci", "spent": 1200, "reserved": 0 }] } ] }
            """);
        var text = StatusText.Of("http://h", status, default, new DateTimeOffset(2026, 1, 1, 22, 0, 0, TimeSpan.Zero));
        Assert.Matches(@"Budgets\n  Budget +Spent +Reserved +Limit +Starts anew\n  monthly +\$25\.50 +\$0\.0204 +\$50\.00 +in 2h 0m\n  each: ci +1,200 tokens +0 tokens +20,000 tokens +never", text);
    }

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;
}
