using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenClaw.Kube.Config;

namespace OpenClaw.Tests.Kube;

public sealed class KubeConfigTests : IDisposable
{
    private const string Minimal = """
        apiVersion: v1
        kind: Config
        current-context: c
        clusters: [{name: k, cluster: {server: "https://k.example:6443"}}]
        users: [{name: u, user: {token: s3cret}}]
        contexts: [{name: c, context: {cluster: k, user: u, namespace: work}}]
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("kubeconfig").FullName;
    private readonly Dictionary<string, string> _variables = [];
    private readonly ManualTime _time = new();

    private KubeEnvironment Environment => new() { Variable = n => _variables.GetValueOrDefault(n), Home = _folder, ServiceAccountFolder = Path.Combine(_folder, "sa"), Time = _time };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Reads_server_namespace_and_token()
    {
        var access = KubeConfig.Parse(Minimal, "/x/config").Resolve(null, Environment);
        Assert.Equal(new Uri("https://k.example:6443"), access.Server);
        Assert.Equal("work", access.Namespace);
        Assert.Equal("s3cret", (await access.Credential.HeaderAsync(Cancel))!.Parameter);
        Assert.DoesNotContain("s3cret", access.ToString() + access.Credential, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_files_the_first_one_wins_and_missing_ones_are_passed_over()
    {
        var first = Write("first", """
            current-context: d
            clusters: [{name: k, cluster: {server: "https://first.example"}}]
            contexts: [{name: d, context: {cluster: k, user: u}}]
            """);
        var second = Write("second", Minimal);
        _variables["KUBECONFIG"] = $"{_folder}/missing:{first}:{second}";
        Assert.Equal("first.example", ClusterFinder.Find(Environment).Server.Host);
        Assert.Equal("default", ClusterFinder.Find(Environment).Namespace);
        Assert.Equal("work", ClusterFinder.Find(Environment, context: "c").Namespace);
        Assert.Equal("k.example", ClusterFinder.Find(Environment, path: second).Server.Host);
    }

    [Fact]
    public async Task A_relative_path_starts_at_the_file_it_is_written_in()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "deep"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "deep", "tok"), "t1\n", Cancel);
        var config = Write("deep/config", Minimal.Replace("token: s3cret", "tokenFile: tok", StringComparison.Ordinal));
        var access = ClusterFinder.Find(Environment, config);
        Assert.Equal("t1", (await access.Credential.HeaderAsync(Cancel))!.Parameter);
    }

    [Fact]
    public async Task A_rotated_token_file_is_used_and_a_missing_one_keeps_the_token()
    {
        var path = Write("tok", "t1");
        var credential = new TokenFileCredential(path, _time);
        Assert.Equal("t1", (await credential.HeaderAsync(Cancel))!.Parameter);
        await File.WriteAllTextAsync(path, "t2", Cancel);
        Assert.Equal("t1", (await credential.HeaderAsync(Cancel))!.Parameter);
        var refused = await credential.HeaderAsync(Cancel);
        Assert.True(credential.Refused(refused));
        Assert.True(credential.Refused(refused));
        Assert.Equal("t2", (await credential.HeaderAsync(Cancel))!.Parameter);
        Assert.False(credential.Refused(await credential.HeaderAsync(Cancel)));
        await File.WriteAllTextAsync(path, "t3", Cancel);
        _time.Advance(TokenFileCredential.Freshness);
        Assert.Equal("t3", (await credential.HeaderAsync(Cancel))!.Parameter);
        File.Delete(path);
        _time.Advance(TokenFileCredential.Freshness);
        Assert.Equal("t3", (await credential.HeaderAsync(Cancel))!.Parameter);
        await Assert.ThrowsAsync<KubeConfigException>(async () => await new TokenFileCredential(path, _time).HeaderAsync(Cancel));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_client_certificate_is_read_as_data_or_file(bool rsa)
    {
        var (certificate, key) = Certificate(rsa);
        var data = Minimal.Replace("token: s3cret", $"client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(key)}", StringComparison.Ordinal);
        using var fromData = KubeConfig.Parse(data, "/x/config").Resolve(null, Environment).Credential.Certificate()!;
        Assert.True(fromData.HasPrivateKey);
        Write("c.pem", certificate);
        Write("k.pem", key);
        var files = Write("config", Minimal.Replace("token: s3cret", "client-certificate: c.pem, client-key: k.pem", StringComparison.Ordinal));
        using var fromFiles = ClusterFinder.Find(Environment, files).Credential.Certificate()!;
        Assert.Equal(fromData.Thumbprint, fromFiles.Thumbprint);
        var (_, other) = Certificate(rsa);
        Write("k.pem", other);
        var message = Assert.Throws<KubeConfigException>(() => ClusterFinder.Find(Environment, files)).Message;
        Assert.Contains("belong together", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("current-context: c", "current-context: ''", "no context is chosen")]
    [InlineData("current-context: c", "current-context: z", "there is no context \"z\"")]
    [InlineData("cluster: k, ", "", "names no cluster")]
    [InlineData("cluster: k, ", "cluster: z, ", "the cluster \"z\", which is not there; there are: k")]
    [InlineData("user: u,", "user: z,", "the user \"z\", which is not there; there are: u")]
    [InlineData("server: \"https://k.example:6443\"", "", "write \"server: https://HOST:6443\"")]
    [InlineData("https://k.example:6443", "ftp://x", "the server is not an address")]
    [InlineData("token: s3cret", "token: 5", "write it in quotes")]
    [InlineData("token: s3cret", "username: jane", "no password")]
    [InlineData("token: s3cret", "client-key-data: eA==", "no client-certificate")]
    [InlineData("token: s3cret", "client-certificate-data: '%', client-key-data: eA==", "not base64")]
    [InlineData("token: s3cret", "client-certificate-data: eA==, client-key-data: eA==", "not PEM")]
    [InlineData("token: s3cret", "auth-provider: {name: gcp}", "exec plugin")]
    [InlineData("token: s3cret", "exec: {command: x}", "apiVersion: client.authentication.k8s.io/v1")]
    [InlineData("token: s3cret", "exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}", "v1alpha1 is not known")]
    [InlineData("token: s3cret", "exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}", "needs a terminal")]
    [InlineData("server:", "certificate-authority: /missing.pem, server:", "/missing.pem cannot be read")]
    [InlineData("server:", "certificate-authority-data: eA==, server:", "PEM certificate")]
    [InlineData("server:", "proxy-url: gopher://x, server:", "proxy-url")]
    [InlineData("kind: Config", "kind: Pod", "is a Pod")]
    [InlineData("clusters:", "clusters: {", "is not YAML")]
    public void What_is_wrong_is_told_with_its_place_and_what_to_write(string what, string instead, string expected)
    {
        var text = Minimal.Replace(what, instead, StringComparison.Ordinal);
        var message = Assert.Throws<KubeConfigException>(() => KubeConfig.Parse(text, "/home/me/config").Resolve(null, Environment)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("/home/me/config", message.Replace("/missing.pem", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inside_a_pod_the_service_account_is_used_and_its_namespace()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "sa"));
        Write("sa/token", "t1");
        Write("sa/namespace", "team");
        Write("sa/ca.crt", Certificate(false).Certificate);
        (_variables["KUBERNETES_SERVICE_HOST"], _variables["KUBERNETES_SERVICE_PORT"]) = ("fd00::1", "6443");
        var access = ClusterFinder.Find(Environment);
        Assert.Equal("https://[fd00::1]:6443/", access.Server.ToString());
        Assert.Equal("team", access.Namespace);
        Assert.Equal("t1", (await access.Credential.HeaderAsync(Cancel))!.Parameter);
        var before = access.TrustedRoots!()[0].Thumbprint;
        Write("sa/ca.crt", Certificate(false).Certificate);
        Assert.NotEqual(before, access.TrustedRoots()[0].Thumbprint);
        _variables["KUBERNETES_SERVICE_PORT"] = "tcp://10.0.0.1:443";
        Assert.Throws<KubeConfigException>(() => ClusterFinder.Find(Environment));
    }

    [Fact]
    public void Without_any_cluster_it_says_where_it_looked()
    {
        var message = Assert.Throws<KubeConfigException>(() => ClusterFinder.Find(Environment)).Message;
        Assert.Contains("KUBECONFIG", message, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(_folder, ".kube"));
        Write(".kube/config", Minimal);
        Assert.Equal("k.example", ClusterFinder.Find(Environment).Server.Host);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    private static (string Certificate, string Key) Certificate(bool rsa)
    {
        var name = new X500DistinguishedName("CN=test");
        using var rsaKey = rsa ? RSA.Create(2048) : null;
        using var ecKey = rsa ? null : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = rsaKey is not null
            ? new CertificateRequest(name, rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : new CertificateRequest(name, ecKey!, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), rsaKey?.ExportRSAPrivateKeyPem() ?? ecKey!.ExportECPrivateKeyPem());
    }
}
