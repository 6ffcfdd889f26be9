namespace OpenClaw.Gateway.Metering;

/// <summary>The recordings of a prompt.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Bytes">Of those in the request, as they stand in it.</param>
/// <param name="Seconds">How long these can be at most.</param>
/// <param name="IsUnseen">One is not in the request: its address, or the id of an upload.</param>
internal readonly record struct Sounds(int Count, long Bytes, double Seconds, bool IsUnseen)
{
    // Tokens a second: OpenAI counts one for each tenth of a second ("Managing costs"), Gemini 32 ("Audio understanding"), with a
    // little for the ends; of the others none that is known counts more than 50.
    private const int OpenAi = 12;
    private const int Gemini = 34;
    private const int Unpublished = 50;

    /// <summary>The most tokens that they can be to a model.</summary>
    /// <param name="model">Its name at the provider; a router's has its maker before it.</param>
    public long Tokens(string model)
    {
        if (Count == 0) return 0;
        var name = model.AsSpan(model.LastIndexOf('/') + 1);
        var each = name.StartsWith("gpt-", StringComparison.OrdinalIgnoreCase) ? OpenAi : name.StartsWith("gemini", StringComparison.OrdinalIgnoreCase) ? Gemini : Unpublished;
        return (long)Math.Ceiling((Seconds + Count) * each);
    }
}
