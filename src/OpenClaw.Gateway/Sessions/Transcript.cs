using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace OpenClaw.Gateway.Sessions;

/// <summary>One message of a conversation that the gateway holds.</summary>
/// <param name="Model">Who said it; null for the user's.</param>
/// <param name="IsPartial">The answer was cut off, by the user or by a failure, or the message was too long to be kept whole.</param>
internal sealed record TranscriptTurn(bool IsUser, string Text, DateTimeOffset At, string? Model = null, string? Decision = null, bool IsPartial = false);

/// <summary>A conversation that the gateway holds, bounded in bytes. Immutable.</summary>
internal sealed record Transcript(ImmutableArray<TranscriptTurn> Turns)
{
    public static readonly Transcript Empty = new([]);

    /// <summary>Turns that the bound has cost so far.</summary>
    public int Dropped { get; init; }

    /// <summary>With these at its end, and without as many from its beginning as make it fit into <paramref name="maxBytes"/>; at least the last one stays.</summary>
    public Transcript With(IEnumerable<TranscriptTurn> turns, int maxBytes)
    {
        var all = Turns.AddRange(turns.Select(t => Shortened(t, maxBytes)));
        long size = all.Sum(SizeOf);
        var drop = 0;
        while (size > maxBytes && drop < all.Length - 1) size -= SizeOf(all[drop++]);
        // A conversation begins with the user.
        while (drop > 0 && drop < all.Length - 1 && !all[drop].IsUser) drop++;
        return new Transcript(drop == 0 ? all : all[drop..]) { Dropped = Dropped + drop };
    }

    public ReadOnlyMemory<byte> Write()
    {
        var output = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            WriteMembers(json);
            json.WriteEndObject();
        }
        return output.WrittenMemory;
    }

    public void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteNumber("dropped"u8, Dropped);
        json.WriteStartArray("turns"u8);
        foreach (var turn in Turns)
        {
            json.WriteStartObject();
            json.WriteString("role"u8, turn.IsUser ? "user"u8 : "assistant"u8);
            json.WriteString("text"u8, turn.Text);
            json.WriteString("at"u8, turn.At);
            if (turn.Model is not null) json.WriteString("model"u8, turn.Model);
            if (turn.Decision is not null) json.WriteString("decision"u8, turn.Decision);
            if (turn.IsPartial) json.WriteBoolean("partial"u8, true);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Empty when it is not what this version writes.</summary>
    public static Transcript Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            var root = document.RootElement;
            return new Transcript([.. root.GetProperty("turns"u8).EnumerateArray().Select(static t => new TranscriptTurn(
                t.GetProperty("role"u8).ValueEquals("user"u8), t.GetProperty("text"u8).GetString()!, t.GetProperty("at"u8).GetDateTimeOffset(),
                t.TryGetProperty("model"u8, out var model) ? model.GetString() : null,
                t.TryGetProperty("decision"u8, out var decision) ? decision.GetString() : null,
                t.TryGetProperty("partial"u8, out var partial) && partial.GetBoolean()))])
            {
                Dropped = root.TryGetProperty("dropped"u8, out var dropped) ? dropped.GetInt32() : 0,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return Empty;
        }
    }

    // One message alone may be larger than the whole conversation may: of such a one the beginning is kept.
    private static TranscriptTurn Shortened(TranscriptTurn turn, int maxBytes)
    {
        const string Cut = " […]";
        while (SizeOf(turn) > maxBytes)
        {
            var length = (int)(turn.Text.Length * (maxBytes * 0.9 / SizeOf(turn)));
            if (length > 0 && char.IsHighSurrogate(turn.Text[length - 1])) length--;
            if (length <= 0) return turn with { Text = "", IsPartial = true };
            turn = turn with { Text = turn.Text[..length] + Cut, IsPartial = true };
        }
        return turn;
    }

    // What it takes in the store, at most: escapes, and a hundred bytes for the rest.
    private static long SizeOf(TranscriptTurn turn) => JsonEncodedText.Encode(turn.Text).EncodedUtf8Bytes.Length + 160 + (turn.Model?.Length ?? 0);
}
