using OpenClaw.Client;
using OpenClaw.Commands.Models;
using OpenClaw.Config;
using OpenClaw.Gateway.State;

namespace OpenClaw.Doctor;

/// <summary>What the file, the environment and the disk tell. Pure but for reading the file's permissions.</summary>
internal static class OfflineChecks
{
    private const int ShortToken = 16;

    public static IEnumerable<DoctorFinding> Of(LocalConfig local, ConfigEnvironment environment, TimeProvider time) =>
        Config(local)
            .Concat(local.Config is { } config
                ? Chain(config).Concat(Keys(local, environment, time)).Concat(Prices(local, environment, time)).Concat(Bind(config, environment)).Concat(Ollama(config)).Concat(Encryption(config)).Concat(Alerts(config, environment)).Concat(Files(local, environment))
                : [])
            .Concat(Secrets(local))
            .Concat(Clock(time));

    private static IEnumerable<DoctorFinding> Config(LocalConfig local)
    {
        if (local.Unreadable is not null)
        {
            yield return new(DoctorSeverity.Fails, "config", $"{local.Path} cannot be read: {local.Unreadable}", "Name another with --config or OPENCLAW_CONFIG_PATH.");
            yield break;
        }
        foreach (var problem in local.Result.Problems)
        {
            var place = problem.Line > 0 ? $"line {problem.Line} {problem.Pointer}: " : problem.Pointer.Length > 0 ? problem.Pointer + ": " : "";
            yield return new(problem.Severity == ProblemSeverity.Error ? DoctorSeverity.Fails : DoctorSeverity.Warns, "config", place + problem.Message, problem.Instead);
        }
        if (local.Result.Problems.IsEmpty) yield return new(DoctorSeverity.Fine, "config", $"{local.Name} is valid");
    }

    private static IEnumerable<DoctorFinding> Chain(OpenClawConfig config)
    {
        var chain = config.Models.Chain;
        if (config.Providers.IsEmpty)
        {
            yield return new(DoctorSeverity.Fails, "chain", "no provider is configured: no request can be answered", "Set a key such as ANTHROPIC_API_KEY or OPENAI_API_KEY, or name a server under models.providers.");
        }
        else if (chain.IsEmpty)
        {
            yield return new(DoctorSeverity.Fails, "chain", "no default model: a request for \"default\" fails", "openclaw models set PROVIDER/MODEL");
        }
        else if (chain.Length == 1)
        {
            yield return new(DoctorSeverity.Warns, "chain", $"the default chain is {chain[0]} alone: when it fails, requests fail", "Add another provider's model: openclaw models fallbacks add PROVIDER/MODEL");
        }
        else if (chain.Select(static r => r.Provider).Distinct().Count() == 1)
        {
            yield return new(DoctorSeverity.Warns, "chain", $"every model of the default chain is {chain[0].Provider}'s: an outage there takes all of them", "Add another provider's model: openclaw models fallbacks add PROVIDER/MODEL");
        }
        else
        {
            yield return new(DoctorSeverity.Fine, "chain", "default chain: " + string.Join(" -> ", chain));
        }
    }

    /// <summary>A missing key fails when the default chain needs it; elsewhere it is a loose end.</summary>
    private static IEnumerable<DoctorFinding> Keys(LocalConfig local, ConfigEnvironment environment, TimeProvider time)
    {
        var view = LocalModels.Read(local, environment, time);
        foreach (var provider in view.Providers)
        {
            var inChain = local.Config!.Models.Chain.Any(r => r.Provider == provider.Id);
            if (provider.LacksKey)
            {
                yield return new(inChain ? DoctorSeverity.Fails : DoctorSeverity.Warns, "keys", provider.Missing!, inChain ? "Until then it is passed over in the default chain." : "Requests for its models fail until then.");
                continue;
            }
            foreach (var key in provider.Keys.Where(static k => k.Problem is not null))
            {
                yield return new(DoctorSeverity.Warns, "keys", $"{key.Alias}: {key.Problem}", "Other keys of the provider are used; set it, or take it out.");
            }
            var keys = provider.Keys.Where(static k => k.IsOk && k.Origin != "none").ToList();
            var origins = string.Join(", ", keys.Select(static k => k.Origin).Distinct());
            var count = keys.Count == 1 ? "a key" : $"{keys.Count} keys";
            yield return new(DoctorSeverity.Fine, "keys", keys.Count == 0 ? $"{provider.Id} needs no key" : $"{provider.Id} has {count}: {origins}");
        }
    }

    /// <summary>Money that nobody can count is the one thing that a budget in dollars cannot hold.</summary>
    private static IEnumerable<DoctorFinding> Prices(LocalConfig local, ConfigEnvironment environment, TimeProvider time)
    {
        var models = local.Config!.Models;
        var named = LocalModels.Read(local, environment, time).Models.Where(static m => m.Price.ValueKind == System.Text.Json.JsonValueKind.Object).ToList();
        foreach (var model in named.Where(static m => m.IsUnpriced))
        {
            var isAllowed = ModelRef.TryParse(model.Key, out var reference) && models.MayRunUnpriced(reference);
            if (isAllowed) yield return new(DoctorSeverity.Fine, "prices", $"{model.Key} has no price and may run without one");
            else yield return new(DoctorSeverity.Warns, "prices", $"{model.Key} has no price: its dollars are not counted, and a budget in dollars refuses it", $"Write \"models\": {{ \"prices\": {{ \"{model.Key}\": {{ \"input\": …, \"output\": … }} }} }}, or list it under models.allowUnpriced.");
        }
        if (named.Count > 0 && named.All(static m => !m.IsUnpriced)) yield return new(DoctorSeverity.Fine, "prices", named.Count == 1 ? "the model that is named has a price" : $"all {named.Count} models that are named have a price");
    }

    private static IEnumerable<DoctorFinding> Bind(OpenClawConfig config, ConfigEnvironment environment)
    {
        var gateway = config.Gateway;
        SecretReading? reading = gateway.Token is { } named ? new SecretStore(environment).Read(named) : null;
        var token = reading?.Value;
        var isOpen = gateway.IsOpenToOthers(StateBuilder.InContainer);
        if (token is null && gateway.Auth == AuthMode.Token && (isOpen || !gateway.AuthIsImplied || !config.Clients.IsEmpty))
        {
            var why = isOpen ? "the gateway would listen beyond this machine and there is no token, so it does not start" : "authentication is on and there is no token, so the gateway does not start";
            yield return gateway.Token is null
                ? new(DoctorSeverity.Fails, "bind", why, "Set OPENCLAW_GATEWAY_TOKEN (openssl rand -hex 32 makes one).")
                : new(DoctorSeverity.Fails, "bind", $"{why}: {reading?.Problem ?? $"{gateway.Token} is empty"}", "Make what gateway.auth.token names, or take it out of the file and set OPENCLAW_GATEWAY_TOKEN.");
        }
        else if (token is not null && token.Reveal().Length < ShortToken)
        {
            yield return new(DoctorSeverity.Warns, "bind", $"the gateway token has fewer than {ShortToken} characters", "Make a longer one: openssl rand -hex 32");
        }
        else
        {
            yield return new(DoctorSeverity.Fine, "bind", $"listens on {(isOpen ? "the network" : "this machine only")}, {(token is null ? "no token needed" : "with a token")}");
        }
    }

    /// <summary>Ollama's OpenAI door cannot set the context length, so a long prompt loses its beginning without a word.</summary>
    private static IEnumerable<DoctorFinding> Ollama(OpenClawConfig config)
    {
        foreach (var provider in config.Providers.Where(static p => p.Api == ApiKind.OpenAiChat))
        {
            var urls = provider.Models.Select(static m => m.BaseUrl).Append(provider.BaseUrl).OfType<string>();
            if (!urls.Any(static u => Uri.TryCreate(u, UriKind.Absolute, out var uri) && (uri.Port == 11434 || uri.Host.Contains("ollama", StringComparison.OrdinalIgnoreCase)))) continue;
            yield return new(
                DoctorSeverity.Warns,
                "ollama",
                $"the provider \"{provider.Id}\" is an Ollama behind its OpenAI door (/v1): prompts longer than its context are cut at the beginning, silently",
                "Use the provider ollama (its own protocol at the same address, without /v1): the context is then set to what the prompt needs.");
        }
    }

    private static IEnumerable<DoctorFinding> Encryption(OpenClawConfig config)
    {
        foreach (var provider in config.Providers.Where(static p => p.BaseUrl.StartsWith("http://", StringComparison.Ordinal) && !p.IsLocal && p.Api != ApiKind.Scripted && p.Keys.Length > 0))
        {
            yield return new(DoctorSeverity.Warns, "secrets", $"the key of \"{provider.Id}\" travels without encryption to a public address", "Write https:// in its baseUrl.");
        }
    }

    /// <summary>A receiver that checks signatures drops what is not signed.</summary>
    private static IEnumerable<DoctorFinding> Alerts(OpenClawConfig config, ConfigEnvironment environment) =>
        from alert in config.Alerts
        where alert.SecretEnv is { } name && string.IsNullOrEmpty(environment.Variable(name))
        select new DoctorFinding(DoctorSeverity.Warns, "alerts", $"the variable {alert.SecretEnv} is not set: alerts go out without a signature", $"Set {alert.SecretEnv}, or remove secretEnv.");

    /// <summary>Those of tokens and headers; the keys' are told of under keys.</summary>
    private static IEnumerable<DoctorFinding> Files(LocalConfig local, ConfigEnvironment environment) =>
        from found in SecretFiles.Find(local.Result, environment)
        where !local.Config!.Providers.Any(p => p.Keys.Contains(found.Place.Secret))
        select new DoctorFinding(DoctorSeverity.Warns, "secrets", (found.Problem.Line > 0 ? $"line {found.Problem.Line} {found.Problem.Pointer}: " : "") + found.Problem.Message, found.Problem.Instead);

    private static IEnumerable<DoctorFinding> Secrets(LocalConfig local)
    {
        if (local.Path is null || local.Unreadable is not null || OperatingSystem.IsWindows() || local.Config is not { } config) yield break;
        if (!HasLiteral(config)) yield break;
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        if ((File.GetUnixFileMode(File.ResolveLinkTarget(local.Path, true)?.FullName ?? local.Path) & others) == 0)
        {
            yield return new(DoctorSeverity.Fine, "secrets", "the file holds secrets and only its owner reads it");
            yield break;
        }
        yield return new(DoctorSeverity.Warns, "secrets", "the file holds secrets and others on this machine can read it", $"chmod 600 {local.Path}, or move the secrets to the environment and write ${{VAR}}.");
    }

    private static bool HasLiteral(OpenClawConfig config)
    {
        static bool IsLiteral(SecretConfig? secret) => secret is { Source: SecretSource.Literal, FromVariable: null };
        return IsLiteral(config.Gateway.Token)
            || config.Clients.Any(static c => IsLiteral(c.Token))
            || config.Providers.Any(static p => p.Keys.Any(IsLiteral) || p.Headers.Any(static h => IsSecretHeader(h.Key) && IsLiteral(h.Value)));
    }

    private static bool IsSecretHeader(string name) =>
        name.Contains("auth", StringComparison.OrdinalIgnoreCase) || name.Contains("key", StringComparison.OrdinalIgnoreCase) || name.Contains("token", StringComparison.OrdinalIgnoreCase);

    /// <summary>A clock of the past lets no certificate be valid.</summary>
    private static IEnumerable<DoctorFinding> Clock(TimeProvider time)
    {
        var now = time.GetUtcNow();
        if (now.Year is < 2025 or > 2100) yield return new(DoctorSeverity.Fails, "clock", $"the clock says {now:yyyy-MM-dd}: no certificate is valid then", "Set the clock.");
    }
}
