using OpenClaw.Gateway;

namespace OpenClaw.Tests.Gateway;

/// <summary>The end of a gateway: every part is closed.</summary>
public sealed class ClosingTests
{
    [Fact]
    public async Task A_part_that_cannot_be_closed_keeps_no_other_from_it()
    {
        var (log, closed) = (new List<string>(), new List<int>());
        await GatewayHost.CloseAllAsync([new Part(() => closed.Add(1)), new Part(static () => throw new InvalidOperationException("stuck")), new Part(() => closed.Add(3))], log.Add);
        Assert.Equal([1, 3], closed);
        Assert.Contains("stuck", Assert.Single(log), StringComparison.Ordinal);
    }

    private sealed class Part(Action close) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            close();
            return default;
        }
    }
}
