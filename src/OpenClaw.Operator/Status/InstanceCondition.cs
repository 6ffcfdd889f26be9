using System.Globalization;
using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Status;

/// <summary>One condition before it is written.</summary>
internal sealed record InstanceCondition(string Type, bool IsTrue, string Reason, string Sentence)
{
    private const int LongestMessage = 32768;

    /// <summary>Neither so nor not so: nothing could be looked at. <see cref="IsTrue"/> is then false.</summary>
    public bool IsUnknown { get; init; }

    /// <param name="known">The same condition as it was told before; its time stays while its status does.</param>
    public JsonObject Write(long generation, JsonObject? known, DateTimeOffset now)
    {
        var word = IsTrue ? "True" : IsUnknown ? "Unknown" : "False";
        var since = (string?)known?["status"] == word && (string?)known["lastTransitionTime"] is { } time ? time : now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["type"] = Type, ["status"] = word, ["observedGeneration"] = generation, ["lastTransitionTime"] = since, ["reason"] = Reason,
            ["message"] = Sentence.Length <= LongestMessage ? Sentence : Sentence[..LongestMessage],
        };
    }
}
