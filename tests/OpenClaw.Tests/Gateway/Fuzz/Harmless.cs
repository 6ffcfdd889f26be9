using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OpenClaw.Tests.Gateway.Fuzz;

/// <summary>
/// Runs one step on wrong bytes and holds what must hold of every step: no exception, memory in proportion. A finding names
/// the bytes, so that they can become a test of their own.
/// </summary>
internal sealed class Harmless(string what, long mostAtOnce)
{
    private long _total;
    private long _worst;

    public int Steps { get; private set; }

    /// <summary>Bytes allocated by a step on average.</summary>
    public double Average => _total / (double)Math.Max(Steps, 1);

    /// <summary>The most bytes that one step allocated.</summary>
    public long Worst => _worst;

    public void Do(ReadOnlyMemory<byte> input, Action<ReadOnlyMemory<byte>> step)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            step(input);
        }
        catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
        {
            Assert.Fail($"{what}, step {Steps}: {e}\ninput: {Show(input.Span)}");
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Steps++;
        _total += allocated;
        _worst = Math.Max(_worst, allocated);
        if (allocated > mostAtOnce) Assert.Fail($"{what}, step {Steps}: {allocated} bytes were allocated for {input.Length}\ninput: {Show(input.Span)}");
    }

    /// <summary>What is sent on must be JSON in UTF-8, whatever came in.</summary>
    public static void IsJson(ReadOnlySpan<byte> output, ReadOnlySpan<byte> input, string what)
    {
        var reader = new Utf8JsonReader(output, new JsonReaderOptions { MaxDepth = 256 });
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            Assert.Fail($"{what}: the output is not JSON ({e.Message})\ninput: {Show(input)}\noutput: {Show(output)}");
        }
        if (!Utf8.IsValid(output)) Assert.Fail($"{what}: the output is not UTF-8\ninput: {Show(input)}\noutput: {Show(output)}");
    }

    public static string Show(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : "base64 " + Convert.ToBase64String(bytes);
}
