using System.Buffers;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects;

/// <summary>
/// Tool calls on their way into a protocol that writes them whole: their arguments are collected until the answer goes on
/// with something else or ends. Pieces for a call that was already written are dropped.
/// </summary>
internal sealed class PendingCalls
{
    private readonly List<PendingCall> _calls = [];

    public IReadOnlyList<PendingCall> Calls => _calls;

    public void Begin(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name) => _calls.Add(new PendingCall(index, id.ToArray(), name.ToArray()));

    public void Append(int index, ReadOnlySpan<byte> json) => Find(index)?.Append(json);

    public void Sign(int index, ReadOnlySpan<byte> signature)
    {
        if (Find(index) is { } call) call.Signature = signature.ToArray();
    }

    public void Clear() => _calls.Clear();

    private PendingCall? Find(int index)
    {
        foreach (var call in _calls)
        {
            if (call.Index == index) return call;
        }
        return null;
    }
}

internal sealed class PendingCall(int index, byte[] id, byte[] name)
{
    private readonly ArrayBufferWriter<byte> _arguments = new();

    public int Index => index;

    public ReadOnlySpan<byte> Id => id;

    public ReadOnlySpan<byte> Name => name;

    public byte[]? Signature { get; set; }

    public void Append(ReadOnlySpan<byte> json) => _arguments.Write(json);

    /// <summary>The arguments as a JSON object on one line; false when they are none: a call that broke off is not to be made.</summary>
    public bool TryArguments(out ReadOnlySpan<byte> json)
    {
        json = _arguments.WrittenSpan.Trim(" \t\r\n"u8);
        if (json.IsEmpty) json = "{}"u8;
        if (!JsonSlice.IsObject(json) || !JsonSlice.IsWellFormed(json)) return false;
        byte[] scratch = [];
        json = JsonSlice.Compact(json, ref scratch);
        return true;
    }
}
