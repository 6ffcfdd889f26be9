using System.Text.Json.Nodes;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Kube.Config;

/// <summary>
/// One kubeconfig, or several merged as kubectl does it: of entries with one name the first wins, and so does the first
/// current-context. https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
/// </summary>
public sealed class KubeConfig
{
    private const int MaxSize = 4 << 20;

    private readonly Dictionary<string, KubeConfigEntry> _clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeConfigEntry> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeConfigEntry> _contexts = new(StringComparer.Ordinal);
    private readonly List<string> _files = [];

    private KubeConfig()
    {
    }

    /// <summary>The context that is used when none is named; null when no file names one.</summary>
    public string? CurrentContext { get; private set; }

    public IEnumerable<string> Contexts => _contexts.Keys;

    public IReadOnlyList<string> Files => _files;

    /// <summary>Reads files in order. Files that are not there are passed over, as in a <c>KUBECONFIG</c> list.</summary>
    /// <exception cref="KubeConfigException">None is there, or one cannot be read.</exception>
    public static KubeConfig Load(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var config = new KubeConfig();
        foreach (var path in paths.Where(File.Exists)) config.Add(Path.GetFullPath(path), ReadText(path));
        return config._files.Count > 0 ? config : throw new KubeConfigException($"there is no kubeconfig at {string.Join(" or ", paths)}");
    }

    /// <summary>Reads one text as if it stood in a file of this path.</summary>
    /// <exception cref="KubeConfigException">It cannot be read.</exception>
    public static KubeConfig Parse(string text, string path)
    {
        var config = new KubeConfig();
        config.Add(path, text);
        return config;
    }

    /// <summary>What a context says, ready to use.</summary>
    /// <param name="context">Null: the current one.</param>
    /// <exception cref="KubeConfigException">Something is missing or wrong; the message says what to write.</exception>
    public ClusterAccess Resolve(string? context, KubeEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var name = context ?? CurrentContext
            ?? throw new KubeConfigException($"no context is chosen in {FileList}; set current-context or name one of: {Known(_contexts)}");
        if (!_contexts.TryGetValue(name, out var entry)) throw new KubeConfigException($"there is no context \"{name}\" in {FileList}; there are: {Known(_contexts)}");
        var source = $"context \"{name}\" of {entry.File}";
        var cluster = Find(_clusters, entry, "cluster", source);
        var user = entry.Text("user") is null ? null : Find(_users, entry, "user", source);
        var access = new ClusterAccess
        {
            Server = ServerOf(cluster),
            Source = source,
            Namespace = entry.Text("namespace") ?? "default",
            TrustedRoots = RootsOf(cluster),
            SkipTlsVerification = cluster.Flag("insecure-skip-tls-verify"),
            TlsServerName = cluster.Text("tls-server-name"),
            Proxy = ProxyOf(cluster),
            Credential = user is null ? new CertificateCredential(null) : UserCredential.Build(user, cluster, environment),
        };
        if (access.SkipTlsVerification && access.TrustedRoots is not null)
        {
            throw cluster.Wrong("insecure-skip-tls-verify and certificate-authority exclude each other; remove one");
        }
        return access;
    }

    public override string ToString() => $"kubeconfig {FileList}";

    private string FileList => string.Join(", ", _files);

    private static string ReadText(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length <= MaxSize ? File.ReadAllText(path) : throw new KubeConfigException($"{path} is larger than {MaxSize >> 20} MiB: this is not a kubeconfig");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{path} cannot be read");
        }
    }

    private void Add(string path, string text)
    {
        var read = YamlReader.Read(text, YamlWords.Core);
        // Only the line: the parser's own message may quote what stands there.
        if (read.Problem is { } problem) throw new KubeConfigException($"{path} is not YAML (line {problem.Line})");
        if (read.Documents.Length > 1) throw new KubeConfigException($"{path} has more than one document (line {read.Documents[1].Line})");
        _files.Add(path);
        if (read.Documents is not [{ Content: var root }]) return;
        if (root is not JsonObject json) throw new KubeConfigException($"{path} is not a kubeconfig: it should start with \"apiVersion: v1\" and \"kind: Config\"");
        var file = new KubeConfigEntry(json, path, "kubeconfig");
        if (file.Text("kind") is { } kind && kind != "Config") throw new KubeConfigException($"{path} is a {kind}, not a kubeconfig (kind: Config)");
        CurrentContext ??= file.Text("current-context");
        AddNamed(file, "clusters", "cluster", _clusters);
        AddNamed(file, "users", "user", _users);
        AddNamed(file, "contexts", "context", _contexts);
    }

    private static void AddNamed(KubeConfigEntry file, string list, string key, Dictionary<string, KubeConfigEntry> entries)
    {
        foreach (var item in file.Sections(list))
        {
            var name = item.Text("name") ?? throw item.Wrong("an entry has no name");
            if (item.Section(key) is { } section) entries.TryAdd(name, section.Named($"{key} \"{name}\""));
            else entries.TryAdd(name, new KubeConfigEntry([], file.File, $"{key} \"{name}\""));
        }
    }

    private static KubeConfigEntry Find(Dictionary<string, KubeConfigEntry> entries, KubeConfigEntry context, string key, string source)
    {
        var name = context.Text(key) ?? throw new KubeConfigException($"{source} names no {key}; write \"{key}: NAME\" into it. There are: {Known(entries)}");
        return entries.TryGetValue(name, out var entry) ? entry
            : throw new KubeConfigException($"{source} names the {key} \"{name}\", which is not there; there are: {Known(entries)}");
    }

    private static Uri ServerOf(KubeConfigEntry cluster)
    {
        var text = cluster.Text("server") ?? throw cluster.Wrong("there is no server; write \"server: https://HOST:6443\"");
        if (!text.Contains("://", StringComparison.Ordinal)) text = "https://" + text;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var server) || server.Scheme is not ("https" or "http") || server.UserInfo.Length > 0 || server.Query.Length > 0)
        {
            throw cluster.Wrong("the server is not an address; write \"server: https://HOST:6443\"");
        }
        return server;
    }

    private static Uri? ProxyOf(KubeConfigEntry cluster)
    {
        if (cluster.Text("proxy-url") is not { } text) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https" or "socks5" ? proxy
            : throw cluster.Wrong("proxy-url must be an address of http, https or socks5");
    }

    private static Func<System.Security.Cryptography.X509Certificates.X509Certificate2Collection>? RootsOf(KubeConfigEntry cluster)
    {
        var bytes = cluster.Bytes("certificate-authority", "certificate-authority-data");
        if (bytes is null) return null;
        var what = $"certificate-authority of {cluster.What}";
        _ = Pem.Roots(bytes(), what); // What is broken is told at the start, not by the first handshake.
        return () => Pem.Roots(bytes(), what);
    }

    private static string Known(Dictionary<string, KubeConfigEntry> entries) => entries.Count == 0 ? "none" : string.Join(", ", entries.Keys.Take(20));
}
