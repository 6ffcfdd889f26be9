using System.Text;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>Ids for calls whose provider gives none: the same answer and number make the same id, so a repeated translation agrees with the first.</summary>
internal static class ToolCallId
{
    /// <summary>Bytes of an id: <c>call_</c> and 24 letters and digits, as OpenAI's.</summary>
    public const int Length = 29;

    private static ReadOnlySpan<byte> Alphabet => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8;

    /// <param name="answerId">The answer's id.</param>
    /// <param name="index">The call's number within the answer.</param>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public static void Write(string answerId, int index, Span<byte> destination)
    {
        "call_"u8.CopyTo(destination);
        Fill(Hash(answerId, index, 0xcbf29ce484222325), destination.Slice(5, 12));
        Fill(Hash(answerId, index, 0x9e3779b97f4a7c15), destination.Slice(17, 12));
    }

    public static string Create(string answerId, int index)
    {
        Span<byte> id = stackalloc byte[Length];
        Write(answerId, index, id);
        return Encoding.ASCII.GetString(id);
    }

    /// <summary>Characters of a short id, as Mistral's.</summary>
    public const int ShortLength = 9;

    /// <summary>A short id for one of another form.</summary>
    public static string CreateShort(string id)
    {
        Span<byte> letters = stackalloc byte[ShortLength];
        Fill(Hash(id, 0, 0xcbf29ce484222325), letters);
        return Encoding.ASCII.GetString(letters);
    }

    private static void Fill(ulong hash, Span<byte> letters)
    {
        // 64 bits give ten letters and a little; the rest is drawn from the hash turned round.
        for (var i = 0; i < letters.Length; i++)
        {
            if (i == 10) hash = ulong.RotateLeft(hash ^ 0xff51afd7ed558ccd, 31) | 1UL << 40;
            letters[i] = Alphabet[(int)(hash % 62)];
            hash /= 62;
        }
    }

    // FNV-1a, and a final mix so that neighbouring numbers look unlike.
    private static ulong Hash(string text, int index, ulong seed)
    {
        var hash = seed;
        foreach (var c in text) hash = (hash ^ c) * 0x100000001b3;
        hash = (hash ^ (uint)index) * 0x100000001b3;
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccd;
        return hash ^ hash >> 33;
    }
}
