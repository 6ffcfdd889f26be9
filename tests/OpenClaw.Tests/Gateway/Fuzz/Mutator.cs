using System.Text;

namespace OpenClaw.Tests.Gateway.Fuzz;

/// <summary>
/// Makes wrong bytes out of right ones: values of other kinds, extremes, cuts, splices, stray bytes. The same seed makes the
/// same bytes. Reuses one buffer: what <see cref="Next()"/> returns is valid until the next call.
/// </summary>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> samples)
{
    private const int MaxLength = 32 * 1024;

    private static readonly byte[][] s_tokens =
    [
        .. new[]
        {
            "null", "true", "false", "{}", "[]", "[{}]", "[null]", "[[]]", "\"\"", "\"x\"", "-1", "0", "1", "0.5", "-0.0", "1e999", "1E-7", "2147483648", "9223372036854775808",
            "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"😀\"", "\"\\\\\\\"\"", "\"a\\nb\"", "{\"type\":\"text\",\"text\":null}", "{\"type\":7}", "{\"error\":{\"message\":\"no\"}}",
            "[DONE]", ",", ":", "{", "}", "[", "]", "\"", "\\", "\n", "\r\n", "\n\n", "data: ", "\\u", "\t", "\uFEFF", "<html>",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f], [0],
        Encoding.ASCII.GetBytes(new string('[', 70) + new string(']', 70)),
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 70)) + "1" + new string('}', 70)),
        Encoding.ASCII.GetBytes("\"" + new string('y', 1500) + "\""),
    ];

    private readonly Random _random = new(seed);
    private readonly byte[] _buffer = new byte[MaxLength];
    private int _length;

    public Random Random => _random;

    /// <summary>A sample of the mutator's own choice, changed.</summary>
    public ReadOnlyMemory<byte> Next() => Of(samples[_random.Next(samples.Count)]);

    /// <summary>This sample, changed; once in twenty times as it is, once in thirty nothing but noise.</summary>
    public ReadOnlyMemory<byte> Of(byte[] sample)
    {
        _length = Math.Min(sample.Length, MaxLength);
        sample.AsSpan(0, _length).CopyTo(_buffer);
        var dice = _random.Next(60);
        if (dice < 2)
        {
            _length = _random.Next(200);
            _random.NextBytes(_buffer.AsSpan(0, _length));
        }
        else if (dice > 4)
        {
            for (var n = 1 + _random.Next(3); n > 0; n--) Change();
        }
        return _buffer.AsMemory(0, _length);
    }

    private void Change()
    {
        var at = _random.Next(_length + 1);
        switch (_random.Next(12))
        {
            case 0 when _length > 0:
                _buffer[at % _length] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when _length > 0:
                _buffer[at % _length] = (byte)_random.Next(256);
                break;
            case 2:
                Replace(at, 0, Token());
                break;
            case 3:
                Replace(at, Math.Min(_random.Next(16), _length - at), default);
                break;
            case 4:
                Replace(at, 0, _buffer.AsSpan(at, Math.Min(_random.Next(64), _length - at)).ToArray());
                break;
            case 5:
                _length = at;
                break;
            case 6:
                var other = samples[_random.Next(samples.Count)];
                Replace(at, _length - at, other.AsSpan(_random.Next(other.Length)));
                break;
            default:
                ReplaceValue(at);
                break;
        }
    }

    // The value after the next colon, or the next element: the text stays JSON and means something else.
    private void ReplaceValue(int from)
    {
        var colon = _buffer.AsSpan(from, _length - from).IndexOfAny((byte)':', (byte)'[', (byte)',');
        if (colon < 0) return;
        var start = from + colon + 1;
        var end = start;
        var (depth, quoted) = (0, false);
        for (; end < _length; end++)
        {
            var c = _buffer[end];
            if (quoted)
            {
                if (c == '\\') end++;
                else if (c == '"') quoted = false;
                continue;
            }
            if (c == '"') quoted = true;
            else if (c is (byte)'{' or (byte)'[') depth++;
            else if (c is (byte)'}' or (byte)']' && --depth < 0) break;
            else if (c == ',' && depth == 0) break;
        }
        Replace(start, Math.Min(end, _length) - start, Token());
    }

    private ReadOnlySpan<byte> Token() => s_tokens[_random.Next(s_tokens.Length)];

    private void Replace(int at, int count, ReadOnlySpan<byte> with)
    {
        var rest = _length - at - count;
        if (at + with.Length + rest > MaxLength) return;
        _buffer.AsSpan(at + count, rest).CopyTo(_buffer.AsSpan(at + with.Length));
        with.CopyTo(_buffer.AsSpan(at));
        _length = at + with.Length + rest;
    }
}
