using System.Globalization;

namespace OpenClaw.Config;

/// <summary>What a secret may hold: printable ASCII, since it is sent in a header. Said without the secret itself.</summary>
public static class SecretCharacters
{
    /// <summary>What of the text no key has and what to do about it; null when there is nothing.</summary>
    public static (string What, string Instead)? Problem(ReadOnlySpan<char> secret)
    {
        for (var i = 0; i < secret.Length; i++)
        {
            var character = secret[i];
            if (character is >= ' ' and <= '~') continue;
            if (char.IsControl(character)) return ("a control character, so it cannot be sent in a header", "Write it on one line.");
            var place = (i + 1).ToString(CultureInfo.InvariantCulture);
            return ($"a character that no key has (U+{(int)character:X4}, its character {place})", character == '\u2026'
                ? "What was pasted is cut short by \"…\": copy the whole secret again."
                : "Copy the secret again: an invisible or foreign character came along.");
        }
        return null;
    }
}
