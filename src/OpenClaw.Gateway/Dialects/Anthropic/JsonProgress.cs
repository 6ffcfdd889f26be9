namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Follows the pieces of one JSON object just far enough to know when it is whole.</summary>
internal struct JsonProgress
{
    private int _depth;
    private bool _inString;
    private bool _escaped;

    public bool HasBegun { get; private set; }

    /// <summary>An object or array was opened and its last bracket was seen.</summary>
    public bool IsWhole { get; private set; }

    public void Read(ReadOnlySpan<byte> piece)
    {
        HasBegun |= !piece.IsEmpty;
        foreach (var b in piece)
        {
            if (_escaped) _escaped = false;
            else if (_inString)
            {
                if (b == (byte)'\\') _escaped = true;
                else if (b == (byte)'"') _inString = false;
            }
            else if (b == (byte)'"') _inString = true;
            else if (b is (byte)'{' or (byte)'[') _depth++;
            else if (b is (byte)'}' or (byte)']' && --_depth <= 0) IsWhole = true;
        }
    }
}
