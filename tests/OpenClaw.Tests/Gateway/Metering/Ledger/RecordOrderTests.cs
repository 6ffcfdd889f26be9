using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Journal;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

/// <summary>Gateways that share a database write the same records in the same order, so that none waits for another in a circle.</summary>
public sealed class RecordOrderTests
{
    [Fact]
    public void Whatever_came_first_each_record_is_written_once_as_it_was_last_and_in_one_order()
    {
        string[] one = ["session/s1=1", "session/s2=1", "alerts/a=1", "session/s1=2", "session/S=1"];
        string[] other = ["session/S=3", "session/s2=3", "session/s1=-", "alerts/a=3"];
        Assert.Equal(["alerts/a=1", "session/S=1", "session/s1=2", "session/s2=1"], Written(one));
        Assert.Equal(["alerts/a=3", "session/S=3", "session/s1=-", "session/s2=3"], Written(other));
        Assert.Empty(Written());
    }

    private static string[] Written(params string[] changes) => [.. LedgerStore.LastOfEach([.. changes.Select(static c => new PendingItem(null, Change(c), default, null, null))])
        .Select(static c => $"{c.Kind}/{c.Key}={(c.Json is { } json ? System.Text.Encoding.UTF8.GetString(json.Span) : "-")}")];

    private static RecordChange Change(string text)
    {
        var parts = text.Split('/', '=');
        return new RecordChange(parts[0], parts[1], parts[2] == "-" ? (ReadOnlyMemory<byte>?)null : System.Text.Encoding.UTF8.GetBytes(parts[2]), Entries.Now);
    }
}
