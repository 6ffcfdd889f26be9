using System.Text.Json;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>Gateways on one database whose clocks differ: a revocation holds everywhere, by whichever clock it was made.</summary>
public sealed class RevocationTests
{
    private readonly ManualTime _late = new();
    private readonly ManualTime _early = new();
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public RevocationTests() => _late.Advance(TimeSpan.FromMinutes(5));

    [Fact]
    public async Task A_revocation_by_a_clock_that_is_behind_is_later_than_what_it_revokes()
    {
        await using var ledger = LedgerState.InMemory();
        await using var there = new ClientDirectory(_late, static _ => { });
        there.Follow(ledger);
        await there.Loaded.WaitAsync(_cancel);
        there.Create(Draft());
        var rotated = there.Rotate("ci", TimeSpan.Zero).Client!;
        await ledger.FlushAsync();
        await using var here = new ClientDirectory(_early, static _ => { });
        here.Follow(ledger);
        await here.Loaded.WaitAsync(_cancel);
        Assert.True(here.Revoke("ci")!.Changed > rotated.Changed);
        Assert.True(here.Create(Draft()).Client!.Changed > rotated.Changed.AddMilliseconds(1));
    }

    [Fact]
    public async Task A_revocation_wins_over_a_change_that_another_gateway_made_by_a_later_clock()
    {
        await using var ledger = LedgerState.InMemory();
        await using var here = new ClientDirectory(_late, static _ => { });
        var (client, token) = here.Create(Draft());
        _late.Advance(TimeSpan.FromMinutes(1));
        var rotated = here.Rotate("ci", TimeSpan.FromHours(1)).Token;
        ledger.PutRecord("client", "ci", ClientRecord.Write(client! with { Tokens = [], Revoked = _early.GetUtcNow(), Changed = client.Changed }));
        await ledger.FlushAsync();
        here.Follow(ledger);
        await here.Loaded.WaitAsync(_cancel);
        Assert.Null(here.CallerOf(TokenHash.OfToken(token)));
        Assert.Null(here.CallerOf(TokenHash.OfToken(rotated)));
    }

    [Fact]
    public async Task A_revocation_that_was_written_over_is_written_again()
    {
        await using var ledger = LedgerState.InMemory();
        await using var here = new ClientDirectory(_early, static _ => { });
        var (client, token) = here.Create(Draft());
        here.Revoke("ci");
        ledger.PutRecord("client", "ci", ClientRecord.Write(client! with { Changed = _late.GetUtcNow() }));
        await ledger.FlushAsync();
        here.Follow(ledger);
        await here.Loaded.WaitAsync(_cancel);
        Assert.Null(here.CallerOf(TokenHash.OfToken(token)));
        await ledger.FlushAsync();
        Assert.NotNull(ClientRecord.Read((await ledger.FindRecordAsync("client", "ci", _cancel))!.Json.Span)!.Revoked);
    }

    private static ClientDraft Draft()
    {
        using var document = JsonDocument.Parse("""{"name":"ci"}""");
        return ClientDraft.ReadRules(document.RootElement, null).Draft!;
    }
}
