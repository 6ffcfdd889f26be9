using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OpenClaw.Config;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Tests.Gateway.Sessions;

namespace OpenClaw.Tests.Gateway.Admission;

public sealed class ClientDirectoryTests
{
    private readonly ManualTime _time = new();
    private readonly List<string> _log = [];
    private readonly ClientDirectory _clients;

    public ClientDirectoryTests() => _clients = new ClientDirectory(_time, _log.Add);

    [Fact]
    public void A_token_is_recognisable_long_and_never_the_same()
    {
        var tokens = Enumerable.Range(0, 100).Select(static _ => ClientToken.New()).ToList();
        Assert.Equal(100, tokens.Distinct().Count());
        Assert.All(tokens, static t => Assert.Matches("^oc_[A-Za-z0-9_-]{43}$", t));
    }

    [Fact]
    public void A_client_is_known_by_its_token_until_it_is_revoked()
    {
        var (client, token) = _clients.Create(Draft("""{"name":"ci","allow":["openai/*"]}"""));
        Assert.Equal("ci", client!.Name);
        var caller = CallerOf(token)!;
        Assert.Equal(("ci", true, false), (caller.Name, caller.MayUse(new ModelRef("openai", "gpt-4o")), caller.MayUse(new ModelRef("anthropic", "x"))));
        Assert.Null(CallerOf(token + "x"));
        Assert.NotNull(_clients.Revoke("ci"));
        Assert.Null(CallerOf(token));
        Assert.Null(_clients.Revoke("ci"));
        Assert.Null(_clients.Rotate("ci", TimeSpan.Zero).Client);
        Assert.NotNull(_clients.Create(Draft("""{"name":"ci"}""")).Client);
        Assert.Null(_clients.Create(Draft("""{"name":"ci"}""")).Client);
        Assert.DoesNotContain(_log, line => line.Contains(token, StringComparison.Ordinal));
        Assert.Equal(["client ci was created", "client ci was revoked", "client ci was created"], _log);
    }

    [Fact]
    public void The_old_token_is_good_for_the_overlap_and_not_a_tick_longer()
    {
        var (_, first) = _clients.Create(Draft("""{"name":"ci"}"""));
        var (_, second) = _clients.Rotate("ci", TimeSpan.FromHours(1));
        _time.Advance(TimeSpan.FromMinutes(30));
        // A later rotation with a longer overlap gives the first token no more time.
        var (_, third) = _clients.Rotate("ci", TimeSpan.FromHours(2));
        _time.Advance(TimeSpan.FromMinutes(30) - TimeSpan.FromTicks(1));
        Assert.Equal([true, true, true], Good(first, second, third));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([false, true, true], Good(first, second, third));
        _time.Advance(TimeSpan.FromMinutes(90));
        Assert.Equal([false, false, true], Good(first, second, third));
        var (_, fourth) = _clients.Rotate("ci", TimeSpan.Zero);
        Assert.Equal([false, true], Good(third, fourth));
    }

    [Fact]
    public void A_client_ends_when_it_was_said_to()
    {
        var (_, token) = _clients.Create(Draft("""{"name":"ci","expires":"2026-01-02"}"""));
        Assert.NotNull(CallerOf(token));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Null(CallerOf(token));
    }

    [Fact]
    public async Task A_revoked_client_makes_room_a_day_later_and_is_not_forgotten_before()
    {
        await using var ledger = LedgerState.InMemory();
        await using var few = new ClientDirectory(_time, _log.Add, most: 2);
        few.Follow(ledger);
        await few.Loaded.WaitAsync(TestContext.Current.CancellationToken);
        foreach (var name in (string[])["a", "b"]) Assert.NotNull(few.Create(Draft($$"""{"name":"{{name}}"}""")).Client);
        few.Revoke("a");
        Assert.Null(few.Create(Draft("""{"name":"c"}""")).Client);
        Assert.NotNull(few.Create(Draft("""{"name":"a"}""")).Client); // its own place
        few.Revoke("a");
        _time.Advance(TimeSpan.FromDays(1));
        Assert.NotNull(few.Create(Draft("""{"name":"c"}""")).Client);
        Assert.Equal(["b", "c"], few.All.Select(static c => c.Name));
        await ledger.FlushAsync();
        Assert.Equal(["b", "c"], (await ledger.LoadRecordsAsync("client", 10, TestContext.Current.CancellationToken)).Select(static r => r.Key).Order());
    }

    [Fact]
    public async Task A_directory_that_is_full_says_so_and_not_that_the_name_is_taken()
    {
        await using var stage = new SessionStage();
        await using var few = new ClientDirectory(_time, _log.Add, most: 1);
        var api = new ClientsApi(stage.States, few, _time);
        Assert.Equal(201, (await CreateAsync(api, "a")).Status);
        Assert.Contains("already; choose another name", (await CreateAsync(api, "a")).Body, StringComparison.Ordinal);
        var full = await CreateAsync(api, "b");
        Assert.Equal(409, full.Status);
        Assert.Contains("as many clients as can be kept", full.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_store_was_never_read_nobody_is_made_in_another_s_place_nor_turned_away_for_good()
    {
        await using var stage = new SessionStage();
        var (ledger, problem) = LedgerState.Open(new LedgerOptions { Url = "postgres://openclaw@127.0.0.1:1/openclaw" });
        Assert.Null(problem);
        await using var _ = ledger;
        await using var clients = new ClientDirectory(_time, _log.Add);
        Assert.True(clients.IsLoaded, "nothing is followed");
        clients.Follow(ledger!);
        var answer = await CreateAsync(new ClientsApi(stage.States, clients, _time), "a");
        Assert.Equal(503, answer.Status);
        Assert.Contains("has not been read yet", answer.Body, StringComparison.Ordinal);
        var http = new DefaultHttpContext();
        http.Request.Headers.Authorization = "Bearer oc_of-somebody";
        foreach (var authentication in (Authentication[])[Authentication.OpenTo(clients), Authentication.Require([("t-owner", Caller.Owner)], [], clients, _time)])
        {
            Assert.Null(authentication.Authenticate(http.Request));
            Assert.Equal(GatewayErrorKind.Overloaded, authentication.WhyNot(http.Request).Kind);
        }
        http.Request.Headers.Authorization = "Bearer other";
        Assert.Equal(Caller.Owner, Authentication.OpenTo(clients).Authenticate(http.Request));
        Assert.Equal(GatewayErrorKind.Unauthenticated, Authentication.Require([("t-owner", Caller.Owner)], [], clients, _time).WhyNot(http.Request).Kind);
    }

    private static async Task<(int Status, string Body)> CreateAsync(ClientsApi api, string name)
    {
        var body = System.Text.Encoding.UTF8.GetBytes($$"""{"name":"{{name}}"}""");
        var http = new DefaultHttpContext();
        http.Request.Method = "POST";
        http.Request.Headers.Authorization = "Bearer t-owner";
        http.Request.ContentLength = body.Length;
        http.Request.Body = new MemoryStream(body);
        http.Response.Body = new MemoryStream();
        await api.CreateAsync(http);
        await http.Response.CompleteAsync();
        return (http.Response.StatusCode, System.Text.Encoding.UTF8.GetString(((MemoryStream)http.Response.Body).ToArray()));
    }

    [Fact]
    public void Thousands_of_clients_are_told_apart()
    {
        var tokens = Enumerable.Range(0, 60).Select(i => (Name: "c" + i, _clients.Create(Draft($$"""{"name":"c{{i}}"}""")).Token)).ToList();
        Assert.All(tokens, t => Assert.Equal(t.Name, CallerOf(t.Token)!.Name));
    }

    [Fact]
    public void What_is_kept_comes_back_as_it_was_and_holds_no_token()
    {
        var (_, token) = _clients.Create(Draft("""{"name":"ci","allow":["openai/gpt*","gemini/x"],"budgets":[{"name":"b","period":"month","limit":20.5,"warnAt":[0.5]},{"period":"day","limit":1000,"unit":"tokens","action":"downgrade","to":"openai/gpt-4o-mini"}],"limits":[{"requestsPerMinute":60},{"tokensPerMinute":1000}],"expires":"2027-01-31T18:00:00Z"}"""));
        var client = _clients.Rotate("ci", TimeSpan.FromHours(1)).Client!;
        var json = ClientRecord.Write(client);
        Assert.DoesNotContain(token, System.Text.Encoding.UTF8.GetString(json.Span), StringComparison.Ordinal);
        var again = ClientRecord.Read(json.Span)!;
        Assert.Equal(json.ToArray(), ClientRecord.Write(again).ToArray());
        Assert.Equal((client.Tokens.Length, client.Expires, "client:ci"), (again.Tokens.Length, again.Expires, again.Budgets[0].Scope));
        Assert.Equal(["openai/gpt*", "gemini/x"], again.Allow.Select(static a => a.ToString()));
        Assert.Null(ClientRecord.Read("{\"name\":\"ci\"}"u8));
        Assert.Null(ClientRecord.Read("nothing"u8));
    }

    [Fact]
    public async Task Clients_outlive_the_process_and_reach_other_gateways()
    {
        var cancel = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("openclaw-clients-");
        try
        {
            string token, revoked;
            await using (var ledger = Ledger(folder))
            {
                await using var here = new ClientDirectory(TimeProvider.System, _log.Add);
                here.Follow(ledger);
                await here.Loaded.WaitAsync(cancel);
                token = here.Create(Draft("""{"name":"ci"}""")).Token;
                revoked = here.Create(Draft("""{"name":"old"}""")).Token;
                here.Revoke("old");
                await ledger.FlushAsync();
            }
            await using var reopened = Ledger(folder);
            await using var there = new ClientDirectory(TimeProvider.System, _log.Add);
            var told = 0;
            there.RulesChanged += () => told++;
            there.Follow(reopened);
            await there.Loaded.WaitAsync(cancel);
            Assert.Equal(("ci", 1), (there.CallerOf(TokenHash.OfToken(token))!.Name, told));
            Assert.Null(there.CallerOf(TokenHash.OfToken(revoked)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("""{}""", "a client has a name")]
    [InlineData("""[]""", "a JSON object")]
    [InlineData("""{"name":"a b"}""", "letters, digits")]
    [InlineData("""{"name":"../x"}""", "letters, digits")]
    [InlineData("""{"name":"owner"}""", "gateway's own token")]
    [InlineData("""{"name":"ci","alow":[]}""", "\"alow\" is not known")]
    [InlineData("""{"name":"ci","tokens":[]}""", "\"tokens\" is not known")]
    [InlineData("""{"name":"ci","allow":["gpt-4o"]}""", "is no reference")]
    [InlineData("""{"name":"ci","allow":["*"]}""", "is no reference")]
    [InlineData("""{"name":"ci","allow":["nosuch/x"]}""", "no provider \"nosuch\"")]
    [InlineData("""{"name":"ci","allow":["openai/secret"]}""", "not in the gateway's own allowlist")]
    [InlineData("""{"name":"ci","allow":"openai/*"}""", "a list of references")]
    [InlineData("""{"name":"ci","budgets":[{"period":"day"}]}""", "/budgets/0: the budget has no limit")]
    [InlineData("""{"name":"ci","limits":[{"requestsPerMinute":0}]}""", "/limits/0/requestsPerMinute")]
    [InlineData("""{"name":"ci","expires":"soon"}""", "/expires")]
    public void A_draft_that_is_wrong_says_what_to_write(string json, string part)
    {
        var config = ConfigReader.Read("""{ "defaultModel": "openai/gpt-4o", "models": { "allowlist": ["openai/gpt-4o"], "providers": { "openai": { "apiKey": "k" } } } }"""u8, ConfigEnvironment.Empty).Config!;
        using var document = JsonDocument.Parse(json);
        var (draft, problem) = ClientDraft.ReadRules(document.RootElement, config);
        Assert.Null(draft);
        Assert.Contains(part, problem, StringComparison.Ordinal);
    }

    private static LedgerState Ledger(DirectoryInfo folder) => LedgerState.Open(new LedgerOptions { Url = "sqlite:" + Path.Combine(folder.FullName, "t.db") }).Ledger!;

    private OpenClaw.Gateway.Inbound.Caller? CallerOf(string token) => _clients.CallerOf(TokenHash.OfToken(token));

    private bool[] Good(params string[] tokens) => [.. tokens.Select(t => CallerOf(t) is not null)];

    private static ClientDraft Draft(string json)
    {
        using var document = JsonDocument.Parse(json);
        var (draft, problem) = ClientDraft.ReadRules(document.RootElement, null);
        Assert.Null(problem);
        return draft!;
    }
}
