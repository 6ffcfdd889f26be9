namespace OpenClaw.Gateway.Providers;

/// <summary>What is known of a model without configuration. Nothing yet: the catalogue's data is still to come.</summary>
internal sealed record ModelFacts(int? ContextWindow, int? MaxOutput, bool TakesImages, bool GrantsPrefill);

internal static class ModelCatalog
{
    public static ModelFacts? Find(string provider, string model) => null;
}
