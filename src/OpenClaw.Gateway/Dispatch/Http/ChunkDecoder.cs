// hot path: no allocation. A state machine over the bytes of a chunked body (RFC 9112, section 7.1):
// Size -> [Extension] -> SizeEnd -> Data -> DataEnd -> Size … until a size of 0 -> Trailer -> Done.
namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>Takes the data out of a chunked body, split wherever it may be. Chunk extensions and trailers are read and forgotten.</summary>
internal struct ChunkDecoder
{
    private const int MaxLine = 16 * 1024;
    private const int MaxTrailers = 64 * 1024;

    private State _state;
    private long _left;
    private int _digits;
    private int _lineLength;
    private int _trailers;
    private bool _sawCr;

    private enum State
    {
        Size,
        Extension,
        Data,
        DataEnd,
        Trailer,
        Done,
    }

    /// <summary>The last chunk and its trailers are behind.</summary>
    public readonly bool IsDone => _state == State.Done;

    /// <summary>Decodes what <paramref name="input"/> holds and <paramref name="output"/> has room for. False: not a chunked body.</summary>
    /// <param name="consumed">Bytes of the input that are done with; after the end of the body, what is left belongs to nobody.</param>
    public bool TryDecode(ReadOnlySpan<byte> input, Span<byte> output, out int consumed, out int written)
    {
        consumed = written = 0;
        while (consumed < input.Length && _state != State.Done)
        {
            if (_state == State.Data)
            {
                var count = (int)Math.Min(_left, Math.Min(input.Length - consumed, output.Length - written));
                if (count == 0) return true;
                input.Slice(consumed, count).CopyTo(output[written..]);
                consumed += count;
                written += count;
                _left -= count;
                if (_left == 0) _state = State.DataEnd;
                continue;
            }
            if (!Step(input[consumed++])) return false;
        }
        return true;
    }

    private bool Step(byte b) => _state switch
    {
        State.Size => Size(b),
        State.Extension => Extension(b),
        State.DataEnd => DataEnd(b),
        _ => Trailer(b),
    };

    private bool Size(byte b)
    {
        if (_sawCr) return b == (byte)'\n' && SizeIsRead();
        var digit = HexDigit(b);
        if (digit >= 0)
        {
            // Fifteen digits are more than any body has, and cannot overflow.
            if (++_digits > 15) return false;
            _left = (_left << 4) | (uint)digit;
            return true;
        }
        if (_digits == 0) return false;
        switch (b)
        {
            case (byte)'\r': _sawCr = true; return true;
            case (byte)'\n': return SizeIsRead();
            case (byte)';' or (byte)' ' or (byte)'\t': _state = State.Extension; return true;
            default: return false;
        }
    }

    private bool Extension(byte b)
    {
        if (b == (byte)'\n') return SizeIsRead();
        return ++_lineLength <= MaxLine;
    }

    private bool SizeIsRead()
    {
        _state = _left == 0 ? State.Trailer : State.Data;
        (_digits, _lineLength, _sawCr) = (0, 0, false);
        return true;
    }

    private bool DataEnd(byte b)
    {
        if (b == (byte)'\r' && !_sawCr)
        {
            _sawCr = true;
            return true;
        }
        if (b != (byte)'\n') return false;
        (_state, _sawCr) = (State.Size, false);
        return true;
    }

    // Lines up to an empty one.
    private bool Trailer(byte b)
    {
        if (++_trailers > MaxTrailers) return false;
        if (b == (byte)'\n')
        {
            if (_lineLength == 0) _state = State.Done;
            (_lineLength, _sawCr) = (0, false);
            return true;
        }
        // A CR counts as nothing before the end of its line, as a character elsewhere.
        if (_sawCr) _lineLength++;
        _sawCr = b == (byte)'\r';
        if (!_sawCr) _lineLength++;
        return true;
    }

    private static int HexDigit(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };
}
