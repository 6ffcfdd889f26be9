using System.IO.Compression;
using System.Text;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>An answer that is not compressed as its head says, or whose compressed bytes are damaged, is a broken answer like another.</summary>
public sealed class FalseEncodingTests
{
    [Theory]
    [InlineData("br", true)]
    [InlineData("br", false)]
    [InlineData("gzip", true)]
    [InlineData("gzip", false)]
    [InlineData("deflate", true)]
    [InlineData("deflate", false)]
    public async Task A_plain_body_under_the_name_of_a_compression_goes_to_the_next_target(string encoding, bool stream)
    {
        await using var stage = await ScriptedStage.StartAsync(["p/ok"]);
        stage.Server.On("liar", x => x.WholeAsync(200, stream ? "text/event-stream" : "application/json", Encoding.UTF8.GetBytes(stream
            ? "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
            : """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}"""), ("Content-Encoding", encoding)));
        var answer = await stage.AskAsync("p/liar", stream: stream);
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal("p/ok", answer.Headers["x-openclaw-model"]);
        var attempts = (await stage.DecisionAsync(answer)).GetProperty("attempts");
        Assert.Equal(stream ? "cut" : "reset", attempts[0].GetProperty("failure").GetString());
    }

    [Fact]
    public async Task A_stream_whose_compressed_bytes_are_damaged_in_the_middle_is_finished_by_the_next_target()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/whole"]);
        stage.Server.On("damaged", static async x =>
        {
            var packed = new MemoryStream();
            await using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                await brotli.WriteAsync("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"The lobster\"}}]}\n\n"u8.ToArray());
                await brotli.FlushAsync();
            }
            await x.HeadAsync(200, "text/event-stream", null, ("Content-Encoding", "br"));
            // Without its last block, and then what is none.
            await x.Connection.ChunkAsync(packed.ToArray().AsMemory(0, (int)packed.Length - 1));
            await Task.Delay(50);
            await x.Connection.ChunkAsync(Enumerable.Repeat((byte)0xFF, 64).ToArray());
            await x.Connection.EndChunksAsync();
        });
        stage.Server.On("whole", static x => ScriptedStage.SayAsync(x, "The lobster waits."));
        var answer = await stage.AskAsync("p/damaged");
        Assert.Equal("The lobster waits.", answer.Text);
        Assert.True(answer.HasEnd && !answer.HasErrorEvent, answer.Body);
        Assert.Equal("healed", (await stage.DecisionAsync(answer)).GetProperty("outcome").GetString());
    }
}
