using System.Globalization;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Gateway.Providers;

/// <summary>
/// The public models that are known by name, from the table <c>models.tsv</c> in this assembly. Exact names only: a near
/// miss is not found. Read on first use (a few milliseconds), immutable, thread-safe.
/// </summary>
internal static class ModelCatalog
{
    private static readonly Lazy<Dictionary<(string Provider, string Id), ModelFacts>> s_models = new(ReadBuiltIn);

    public static IReadOnlyCollection<ModelFacts> All => s_models.Value.Values;

    /// <param name="provider">The provider's id or preset; <c>google</c> is <c>gemini</c>.</param>
    /// <param name="model">The model's name at that provider (<c>vendor/model</c> for OpenRouter).</param>
    public static ModelFacts? Find(string provider, string model) => s_models.Value.GetValueOrDefault((ProviderCatalog.CanonicalId(provider), model));

    /// <summary>
    /// Whether an answer that broke off can be handed to this model to be continued. For servers that run whatever model they
    /// are given it is the server's ability: Ollama and llama-server go on from a last assistant message, vLLM when asked with
    /// <c>continue_final_message</c>. Unknown = no. Models that think refuse or ignore it while thinking is on.
    /// </summary>
    public static PrefillGrant PrefillOf(string provider, string model)
    {
        var id = ProviderCatalog.CanonicalId(provider);
        if (id is "ollama" or "vllm" or "llama-server" or "llamacpp" or "llama.cpp") return PrefillGrant.Yes;
        return Find(id, model)?.Prefill ?? PrefillGrant.No;
    }

    /// <summary>The same as a plain answer, for a target that is spoken to with these quirks: a grant that hangs on a flag needs the flag.</summary>
    public static bool GrantsPrefill(string provider, string model, TargetQuirks quirks) => PrefillOf(provider, model) switch
    {
        PrefillGrant.Yes => true,
        PrefillGrant.PrefixFlag => quirks.HasFlag(TargetQuirks.PrefixFlag),
        _ => false,
    };

    /// <summary>Reads a table: comment lines with <c>#</c>, else eight columns split by tabs. Empty = not known.</summary>
    public static IEnumerable<ModelFacts> Read(TextReader table)
    {
        while (table.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#') yield return Row(line);
        }
    }

    private static ModelFacts Row(string line)
    {
        var cells = line.Split('\t');
        if (cells.Length != 8) throw new InvalidDataException($"models.tsv: {cells.Length} columns instead of 8: {line}");
        return new ModelFacts(
            string.Intern(cells[0]), cells[1], Number(cells[2]), Number(cells[3]), Number(cells[4]), Modalities(cells[5]), cells[6] == "yes", Grant(cells[7]));
    }

    private static int? Number(string cell) => cell.Length == 0 ? null : int.Parse(cell, NumberStyles.None, CultureInfo.InvariantCulture);

    private static InputModalities Modalities(string cell)
    {
        var all = InputModalities.Text;
        foreach (var range in cell.AsSpan().Split(','))
        {
            all |= cell.AsSpan(range) switch
            {
                "image" => InputModalities.Image,
                "pdf" => InputModalities.Document,
                "audio" => InputModalities.Audio,
                "video" => InputModalities.Video,
                _ => InputModalities.Text,
            };
        }
        return all;
    }

    private static PrefillGrant Grant(string cell) => cell switch
    {
        "yes" => PrefillGrant.Yes,
        "prefix" => PrefillGrant.PrefixFlag,
        _ => PrefillGrant.No,
    };

    private static Dictionary<(string, string), ModelFacts> ReadBuiltIn()
    {
        using var stream = typeof(ModelCatalog).Assembly.GetManifestResourceStream("models.tsv")
            ?? throw new InvalidOperationException("models.tsv is not in the assembly");
        using var reader = new StreamReader(stream);
        var models = new Dictionary<(string, string), ModelFacts>(512);
        foreach (var model in Read(reader)) models[(model.Provider, model.Id)] = model;
        return models;
    }
}
