using System.Globalization;
using OpenClaw.Kube.Config;

namespace OpenClaw.Tests.Kube;

public sealed class ExecCredentialTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("exec").FullName;
    private readonly ManualTime _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("v1")]
    [InlineData("v1beta1")]
    public async Task Keeps_what_a_plugin_gives_until_it_expires(string version)
    {
        var credential = Credential(version, $$"""
            echo run >>"$LOG"
            cat <<X
            {"apiVersion":"client.authentication.k8s.io/{{version}}","kind":"ExecCredential","status":{"token":"$1-$(wc -l <"$LOG")","expirationTimestamp":"{{Clock(600)}}" } }
            X
            printf %s "$KUBERNETES_EXEC_INFO" >"$LOG.info"
            """);
        Assert.Equal("arg-1", (await credential.HeaderAsync(Cancel))!.Parameter);
        Assert.Equal("arg-1", (await credential.HeaderAsync(Cancel))!.Parameter);
        Assert.Contains("\"interactive\":false", await File.ReadAllTextAsync(Path.Combine(_folder, "log.info"), Cancel), StringComparison.Ordinal);
        Assert.Contains("https://k.example", await File.ReadAllTextAsync(Path.Combine(_folder, "log.info"), Cancel), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(591));
        Assert.Equal("arg-2", (await credential.HeaderAsync(Cancel))!.Parameter);
    }

    [Fact]
    public async Task A_refused_token_is_asked_for_anew_once()
    {
        var credential = Credential("v1", """
            echo run >>"$LOG"
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t'$(wc -l <"$LOG")'"}}'
            """);
        await using var server = await FakeApiServer.StartAsync();
        server.Tokens["t2"] = "jane";
        using var client = server.Client(credential: credential);
        Assert.Equal(31, (await client.VersionAsync(Cancel)).Value.Minor);
        Assert.Equal(2, server.Requests.Count);
        server.Tokens.TryRemove("t2", out _);
        server.Tokens["never"] = "jane";
        Assert.True((await client.VersionAsync(Cancel)).Is(OpenClaw.Kube.KubeProblemKind.Unauthorized));
        Assert.Equal(3, server.Requests.Count);
        _time.Advance(ExecCredential.PauseAfterFailure);
        Assert.True((await client.VersionAsync(Cancel)).Is(OpenClaw.Kube.KubeProblemKind.Unauthorized));
        Assert.Equal(5, server.Requests.Count);
    }

    [Theory]
    [InlineData("echo secret-token >&2; exit 3", "exit code 3")]
    [InlineData("echo secret-token", "not an ExecCredential")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"secret-token"}}'""", "another version")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}'""", "neither a token nor a certificate")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientCertificateData":"secret-token"}}'""", "not PEM")]
    public async Task A_plugin_that_fails_says_so_without_its_output(string script, string expected)
    {
        var credential = Credential("v1", script);
        var message = (await Assert.ThrowsAsync<KubeConfigException>(async () => await credential.HeaderAsync(Cancel))).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-token", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_that_fails_is_not_started_again_at_once()
    {
        var credential = Credential("v1", "echo run >>\"$LOG\"; exit 1");
        for (var i = 0; i < 3; i++) await Assert.ThrowsAsync<KubeConfigException>(async () => await credential.HeaderAsync(Cancel));
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_folder, "log"), Cancel));
        _time.Advance(ExecCredential.PauseAfterFailure);
        await Assert.ThrowsAsync<KubeConfigException>(async () => await credential.HeaderAsync(Cancel));
        Assert.Equal(2, (await File.ReadAllLinesAsync(Path.Combine(_folder, "log"), Cancel)).Length);
    }

    [Fact]
    public async Task A_plugin_that_is_not_there_is_told_with_its_hint()
    {
        var credential = Resolve("exec: {command: /not/here, apiVersion: client.authentication.k8s.io/v1, installHint: get it at example.com}");
        var message = (await Assert.ThrowsAsync<KubeConfigException>(async () => await credential.HeaderAsync(Cancel))).Message;
        Assert.Contains("get it at example.com", message, StringComparison.Ordinal);
        await using var server = await FakeApiServer.StartAsync();
        using var client = server.Client(credential: credential);
        Assert.True((await client.VersionAsync(Cancel)).Is(OpenClaw.Kube.KubeProblemKind.Credentials));
    }

    private string Clock(int seconds) => _time.GetUtcNow().AddSeconds(seconds).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private Credential Credential(string version, string script)
    {
        var path = Path.Combine(_folder, "plugin.sh");
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Resolve($$"""
            exec: {command: ./plugin.sh, apiVersion: client.authentication.k8s.io/{{version}}, args: [arg], env: [{name: LOG, value: {{_folder}}/log }], interactiveMode: Never, provideClusterInfo: true}
            """);
    }

    private Credential Resolve(string user) => KubeConfig.Parse("""
        current-context: c
        clusters: [{name: k, cluster: {server: "https://k.example"}}]
        users: [{name: u, user: {USER}}]
        contexts: [{name: c, context: {cluster: k, user: u}}]
        """.Replace("USER", user, StringComparison.Ordinal), Path.Combine(_folder, "config"))
        .Resolve(null, new KubeEnvironment { Variable = static _ => null, Time = _time }).Credential;
}
