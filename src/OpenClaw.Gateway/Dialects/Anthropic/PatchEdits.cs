using System.Buffers;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Places of a body and what comes there instead.</summary>
internal sealed class PatchEdits
{
    private readonly List<(int Start, int Length, byte[] With)> _edits = [];

    public void Replace(int start, int length, byte[] with) => _edits.Add((start, length, with));

    public void Remove(int start, int end) => _edits.Add((start, end - start, []));

    public void Insert(int at, byte[] what) => _edits.Add((at, 0, what));

    /// <summary>Copies the body with the edits in place. Edits at one place come in the order in which they were made.</summary>
    public void Apply(ReadOnlySpan<byte> body, IBufferWriter<byte> output)
    {
        var at = 0;
        foreach (var (start, length, with) in _edits.OrderBy(e => e.Start))
        {
            output.Write(body[at..start]);
            output.Write(with);
            at = start + length;
        }
        output.Write(body[at..]);
    }
}
