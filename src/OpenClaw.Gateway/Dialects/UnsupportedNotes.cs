namespace OpenClaw.Gateway.Dialects;

/// <summary>The phrases for what a request writer could not carry.</summary>
internal static class UnsupportedNotes
{
    // A request may have any number of fields, and names of any length: what is said of them goes into a header, a log line and a decision.
    private const int Most = 24;
    private const int Longest = 80;
    private const string More = "more that is not named here";

    /// <summary>Adds a phrase once; of very many only the first, and of a long one its beginning.</summary>
    public static void Note(this ICollection<string> unsupported, string what)
    {
        if (what.Length > Longest) what = what[..(char.IsHighSurrogate(what[Longest - 1]) ? Longest - 1 : Longest)] + "...";
        if (unsupported.Count >= Most && what is not (ChatRequest.NothingElse or ChatRequest.WithoutBeginning)) what = More;
        if (!unsupported.Contains(what)) unsupported.Add(what);
    }

    /// <summary>Notes <see cref="ChatRequest.NothingElse"/> where of all that the user says, or of what they say last, every part is left out.</summary>
    /// <param name="carries">Whether the target is given a part of a user's turn.</param>
    public static void NoteSilence(this ICollection<string> unsupported, ChatRequest request, Func<ChatPart, bool> carries)
    {
        var (isAnyCarried, isAnyLost, isLastCarried, isLastLost) = (false, false, false, false);
        foreach (var turn in request.Turns)
        {
            if (turn.Role == ChatRole.Assistant)
            {
                (isLastCarried, isLastLost) = (false, false);
                continue;
            }
            if (turn.IsSystem) continue;
            foreach (var part in turn.Parts)
            {
                if (carries(part)) isAnyCarried = isLastCarried = true;
                // An empty text is as empty elsewhere.
                else if (part is MediaPart or UnmappedPart) isAnyLost = isLastLost = true;
            }
        }
        if ((isAnyLost && !isAnyCarried) || (isLastLost && !isLastCarried)) unsupported.Note(ChatRequest.NothingElse);
    }
}
