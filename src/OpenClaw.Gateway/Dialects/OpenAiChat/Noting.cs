namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>Reports that name each thing once.</summary>
internal static class Noting
{
    public static void AddUnmapped(this ChatRequest request, string what) => request.Unmapped.Note(what);
}
