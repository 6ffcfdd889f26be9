using System.Buffers;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Dispatch;

namespace OpenClaw.Tests.Gateway.Dispatch;

public sealed class ClientAnswerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_who_left_is_noted_and_nothing_is_thrown_past_the_settling(bool isCancelled)
    {
        var http = new DefaultHttpContext();
        http.Response.Body = new Broken();
        using var answer = new ClientAnswer(http, null);
        answer.Write("a whole answer"u8);
        answer.Commit(TimeProvider.System, TimeSpan.FromMinutes(10));
        await answer.FlushAsync(new CancellationToken(isCancelled));
        Assert.True(answer.IsGone);
    }

    private sealed class Broken : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new IOException("the connection is gone");
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.FromException(new IOException("the connection is gone"));
    }
}
