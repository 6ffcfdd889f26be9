using System.ComponentModel;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace OpenClaw.Kube.Config;

/// <summary>
/// Credentials of an exec plugin (https://kubernetes.io/docs/reference/config-api/client-authentication.v1/): kept until they
/// expire or the server refuses them. One run at a time, and after a failed one a pause, so that a broken plugin is not a storm.
/// </summary>
internal sealed class ExecCredential(ExecPlugin plugin, KubeEnvironment environment, Func<X509Certificate2>? certificate) : Credential, IDisposable
{
    private const int MaxOutput = 1 << 20;

    /// <summary>How long a plugin may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>So long before they expire they are not used any more.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly Lock _lock = new();
    private volatile Given? _given;
    private KubeConfigException? _failure;
    private long _failedAt;
    private long? _refusedAt;

    public void Dispose() => _gate.Dispose();

    public override async ValueTask<AuthenticationHeaderValue?> HeaderAsync(CancellationToken cancel)
    {
        if (_given is { } given && IsFresh(given)) return given.Header;
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_given is { } other && IsFresh(other)) return other.Header;
            if (_failure is not null && environment.Time.GetElapsedTime(_failedAt) < PauseAfterFailure) throw _failure;
            return (_given = await AskAsync(cancel).ConfigureAwait(false)).Header;
        }
        catch (KubeConfigException e)
        {
            if (_failure != e) _failedAt = environment.Time.GetTimestamp();
            _failure = e;
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    public override X509Certificate2? Certificate() => _given?.Certificate ?? certificate?.Invoke();

    public override bool Refused(AuthenticationHeaderValue? sent)
    {
        lock (_lock)
        {
            if (_given is { } given && given.Header?.Parameter != sent?.Parameter) return true;
            // What the server refuses for good must not start the program with every request.
            if (_refusedAt is { } at && environment.Time.GetElapsedTime(at) < PauseAfterFailure) return false;
            _refusedAt = environment.Time.GetTimestamp();
            _given = null;
            return true;
        }
    }

    private bool IsFresh(Given given) => given.Expires is not { } expires || environment.Time.GetUtcNow() < expires - Margin;

    private async Task<Given> AskAsync(CancellationToken cancel)
    {
        var start = new ProcessStartInfo(plugin.Command) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (var argument in plugin.Arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in plugin.Variables) start.Environment[name] = value;
        start.Environment["KUBERNETES_EXEC_INFO"] = plugin.Info;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        using var process = Start(start);
        try
        {
            process.StandardInput.Close();
            var errors = ReadAsync(process.StandardError.BaseStream, limit.Token);
            var output = await ReadAsync(process.StandardOutput.BaseStream, limit.Token).ConfigureAwait(false);
            await errors.ConfigureAwait(false);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            if (process.ExitCode != 0) throw Failed($"it ended with exit code {process.ExitCode}; run it in a terminal to see why");
            return Read(output);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw Failed($"it did not end within {Limit.TotalSeconds:F0} s; does it wait for somebody to log in?");
        }
        finally
        {
            Kill(process);
        }
    }

    private Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw Failed("it did not start");
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            throw Failed("it cannot be started" + (plugin.InstallHint is { } hint ? $". {hint}" : "; is it installed and in the path?"));
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or NotSupportedException)
        {
            // It ended by itself in between.
        }
    }

    /// <summary>Reads to the end and keeps no more than is allowed.</summary>
    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancel)
    {
        var buffer = new byte[8192];
        using var kept = new MemoryStream();
        int read;
        while ((read = await stream.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0)
        {
            if (kept.Length < MaxOutput) kept.Write(buffer, 0, read);
        }
        return kept.ToArray();
    }

    private Given Read(byte[] output)
    {
        if (!KubeJson.TryParse(output, out var json)) throw Failed("it printed something that is not an ExecCredential");
        if (json.Text("kind") != "ExecCredential") throw Failed("it printed something that is not an ExecCredential");
        if (json.Text("apiVersion") != plugin.ApiVersion) throw Failed($"it answered in another version than {plugin.ApiVersion}; write the plugin's version into apiVersion");
        var status = json.Field("status");
        var token = status.TextOrNull("token");
        var (certificateText, key) = (status.TextOrNull("clientCertificateData"), status.TextOrNull("clientKeyData"));
        if (string.IsNullOrEmpty(token) && certificateText is null) throw Failed("it gave neither a token nor a certificate");
        if (token is not null && token.Any(static c => c is < '!' or > '~')) throw Failed("it gave a token with characters that no token has");
        return new Given(
            string.IsNullOrEmpty(token) ? null : new AuthenticationHeaderValue("Bearer", token),
            certificateText is null ? null : Pem.Client(Encoding.UTF8.GetBytes(certificateText), Encoding.UTF8.GetBytes(key ?? ""), plugin.What),
            status.Time("expirationTimestamp"));
    }

    private KubeConfigException Failed(string why) => new($"{plugin.What}: the program {Path.GetFileName(plugin.Command)}: {why}");

    /// <summary>What the plugin gave. Not a record: its text must not show a token.</summary>
    private sealed class Given(AuthenticationHeaderValue? header, X509Certificate2? certificate, DateTimeOffset? expires)
    {
        public AuthenticationHeaderValue? Header => header;

        public X509Certificate2? Certificate => certificate;

        public DateTimeOffset? Expires => expires;
    }
}
