using OpenClaw.Gateway.Inbound;

namespace OpenClaw.Tests.Gateway.Inbound;

public sealed class DecisionIdTests
{
    [Fact]
    public void Ids_sort_by_their_time_and_never_meet()
    {
        var now = new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
        var ids = Enumerable.Range(0, 2000).Select(i => RequestBook.NewId(now.AddMilliseconds(i / 2))).ToList();
        Assert.Equal(2000, ids.Distinct().Count());
        Assert.Equal(ids.Where(static (_, i) => i % 2 == 0).Order(StringComparer.Ordinal), ids.Where(static (_, i) => i % 2 == 0));
        Assert.All(ids, static id => Assert.Matches("^dec_[0-9a-f]{24}$", id));
    }
}
