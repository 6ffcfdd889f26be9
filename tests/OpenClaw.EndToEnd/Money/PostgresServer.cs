using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace OpenClaw.EndToEnd.Money;

/// <summary>A PostgreSQL of the test's own: Debian's programs, a fresh cluster, a free port on loopback. Killed at the end, whatever happens.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Password = "pg-never-show-7f3a";
    private static readonly ConcurrentDictionary<int, Process> s_running = new();
    private readonly string _folder;
    private readonly string _bin;
    private readonly string? _user;
    private Process? _process;

    // A test run that is broken off must not leave a server behind.
    static PostgresServer() => AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
    {
        foreach (var process in s_running.Values) process.Kill();
    };

    private PostgresServer(string folder, string bin, string? user) => (_folder, _bin, _user, Port) = (folder, bin, user, GatewayProcess.FreePort());

    public int Port { get; }

    public string Secret => Password;

    /// <summary>For <c>storage.url</c>.</summary>
    public string Url => $"postgres://openclaw:{Password}@127.0.0.1:{Port}/postgres";

    /// <summary>A running server; skips the test where PostgreSQL is not installed.</summary>
    public static async Task<PostgresServer> StartAsync(bool running = true)
    {
        if (FindPrograms() is not { } bin)
        {
            Assert.Skip("PostgreSQL is not installed (apt-get install postgresql)");
            return null!;
        }
        var user = Environment.UserName == "root" ? await UnprivilegedUserAsync() : null;
        if (Environment.UserName == "root" && user is null) Assert.Skip("PostgreSQL does not run as root, and there is no user postgres or nobody");
        var server = new PostgresServer(Directory.CreateTempSubdirectory("openclaw-pg-").FullName, bin, user);
        await server.CreateAsync();
        if (running) await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts it on the same data and port.</summary>
    public async Task StartAgainAsync()
    {
        var process = Start("postgres", "-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off");
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        s_running[process.Id] = _process = process;
        Assert.True(await Eventually.IsTrueAsync(() => CanConnectAsync()), "PostgreSQL did not start");
    }

    /// <summary>SIGINT: connections are closed, everything is written.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        await SignalAsync("-INT", [_process.Id]);
        await _process.WaitForExitAsync();
        s_running.TryRemove(_process.Id, out _);
        _process.Dispose();
        _process = null;
    }

    /// <summary>SIGSTOP to every process of it: connections stay open, nothing is answered.</summary>
    public Task FreezeAsync() => SignalAsync("-STOP", Family());

    public Task ThawAsync() => SignalAsync("-CONT", Family());

    public Npgsql.NpgsqlConnection Connect() => new($"Host=127.0.0.1;Port={Port};Username=openclaw;Password={Password};Database=postgres;Timeout=3;Pooling=false");

    public async Task<long> NumberAsync(string sql)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    public async Task RunAsync(string sql)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Everything in it is gone.</summary>
    public Task ClearAsync() => RunAsync("DROP SCHEMA public CASCADE; CREATE SCHEMA public");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await ThawAsync();
            await StopAsync();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private string Data => Path.Combine(_folder, "data");

    private static string? FindPrograms()
    {
        var bins = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(static d => Path.Combine(d, "bin")) : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return bins.Concat(path).FirstOrDefault(static b => File.Exists(Path.Combine(b, "initdb")) && File.Exists(Path.Combine(b, "postgres")));
    }

    private static async Task<string?> UnprivilegedUserAsync()
    {
        foreach (var name in (string[])["postgres", "nobody"])
        {
            using var id = Process.Start(new ProcessStartInfo("id", ["-u", name]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            await id.WaitForExitAsync();
            if (id.ExitCode == 0) return name;
        }
        return null;
    }

    private async Task CreateAsync()
    {
        var password = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(password, Password);
        if (_user is not null)
        {
            using var chown = Process.Start("chown", ["-R", _user, _folder]);
            await chown.WaitForExitAsync();
        }
        using var initdb = Start("initdb", "-D", Data, "-U", "openclaw", "--pwfile", password, "-A", "scram-sha-256", "--no-sync", "-E", "UTF8", "--locale", "C");
        var output = initdb.StandardOutput.ReadToEndAsync();
        var error = await initdb.StandardError.ReadToEndAsync();
        await initdb.WaitForExitAsync();
        Assert.True(initdb.ExitCode == 0, "initdb failed: " + await output + error);
    }

    // It refuses to run as root.
    private Process Start(string program, params string[] arguments)
    {
        string[] lowered = _user is null ? [Path.Combine(_bin, program), .. arguments] : ["setpriv", "--reuid", _user, "--clear-groups", Path.Combine(_bin, program), .. arguments];
        return Process.Start(new ProcessStartInfo(lowered[0], lowered[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder })!;
    }

    private async Task<bool> CanConnectAsync()
    {
        try
        {
            await using var connection = Connect();
            await connection.OpenAsync();
            return true;
        }
        catch (Npgsql.NpgsqlException)
        {
            return false;
        }
    }

    // The server and its children, which each lead a group of their own.
    private List<int> Family()
    {
        var root = _process!.Id;
        List<int> family = [root];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id)) continue;
            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                if (stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == root.ToString(CultureInfo.InvariantCulture)) family.Add(id);
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }
        return family;
    }

    private static async Task SignalAsync(string signal, IEnumerable<int> processes)
    {
        // Some of them may have ended meanwhile; it says so, and that is nobody's trouble.
        using var kill = Process.Start(new ProcessStartInfo("kill", [signal, .. processes.Select(static p => p.ToString(CultureInfo.InvariantCulture))]) { RedirectStandardError = true })!;
        await kill.WaitForExitAsync();
    }
}
