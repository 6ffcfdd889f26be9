using System.Collections.Immutable;
using OpenClaw.Config.Reading;
using OpenClaw.Config.Text;

namespace OpenClaw.Config;

/// <summary>The outcome of reading: a configuration when there is no error, and every problem at once.</summary>
public sealed record ConfigResult(OpenClawConfig? Config, ImmutableArray<ConfigProblem> Problems)
{
    public bool IsValid => Config is not null;

    /// <summary>Every place that names a file with a secret. Whether the files are there is not asked here.</summary>
    public ImmutableArray<SecretPlace> SecretFiles { get; init; } = [];
}

/// <summary>Where variables and files come from, so that tests and the operator can bring their own.</summary>
public sealed record ConfigEnvironment(Func<string, string?> Variable, Func<IEnumerable<KeyValuePair<string, string>>> All)
{
    /// <summary>The process's own environment.</summary>
    public static ConfigEnvironment Process { get; } = new(
        System.Environment.GetEnvironmentVariable,
        static () => System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(static e => KeyValuePair.Create((string)e.Key, (string?)e.Value ?? "")));

    public static ConfigEnvironment Empty { get; } = Of(new Dictionary<string, string>());

    public static ConfigEnvironment Of(IReadOnlyDictionary<string, string> variables) =>
        new(name => variables.TryGetValue(name, out var value) ? value : null, () => variables);
}

/// <summary>Reads <c>openclaw.json</c> in any of the three dialects into one model. Never throws on bad input.</summary>
public static class ConfigReader
{
    /// <summary>What holds where there is no file: the environment alone configures.</summary>
    public static ConfigResult ReadEnvironment(ConfigEnvironment environment) => Read("{}"u8, environment);

    /// <summary>Reads a document. One without any value is an error: <c>{}</c> says that the defaults are meant.</summary>
    public static ConfigResult Read(ReadOnlySpan<byte> json, ConfigEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var problems = new ProblemList();
        if (JsonTextParser.Parse(json, problems) is not { } root) return new ConfigResult(null, problems.ToImmutable());
        var context = new ReadContext(root, environment, problems, keepsVariables: false);
        var config = Assemble(context);
        AgentsSection.Check(context);
        return new ConfigResult(problems.HasErrors ? null : config, problems.ToImmutable()) { SecretFiles = [.. context.SecretFiles.Distinct()] };
    }

    /// <summary>
    /// The sections in the order in which they need each other: providers and llmConfig make references readable, references
    /// make the models, the models bound budgets and clients; at the end the environment adds keys and addresses.
    /// </summary>
    internal static OpenClawConfig Assemble(ReadContext context)
    {
        var drafts = new ProviderDrafts(context);
        ProvidersSection.Read(context, drafts);
        var list = LlmConfigSection.Read(context, drafts);
        var aliases = new AliasNames(context);
        var references = new References(context, drafts, aliases);
        var models = new ModelsSection(context, drafts, references, aliases, list).Read();
        var money = new MoneySection(context, references, aliases, models);
        var gateway = GatewaySection.Read(context);
        var config = new OpenClawConfig
        {
            Gateway = gateway,
            Models = models,
            Routing = RoutingSection.Read(context),
            Budgets = money.ReadBudgets(),
            Limits = money.ReadLimits(),
            Clients = new ClientsSection(context, references, models, money).Read(gateway.Token),
            Guard = GuardSection.Read(context),
            Storage = PlacesSection.ReadStorage(context),
            Sessions = SessionsSection.Read(context),
            Alerts = PlacesSection.ReadAlerts(context),
            Providers = drafts.Build(),
        };
        PlacesSection.CheckBudgets(context, config);
        return config;
    }
}
