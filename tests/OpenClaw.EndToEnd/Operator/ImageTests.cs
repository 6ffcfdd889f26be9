using System.Diagnostics;
using System.Formats.Tar;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>
/// What <c>tools/image.sh</c> writes, around the program as the tests have it: a small stand-in for the published one with the
/// same needs. What runs from the real one is tried on a node.
/// </summary>
public sealed partial class ImageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("openclaw-e2e-image-");

    [Fact]
    public async Task An_image_is_what_its_digests_say_to_either_kind_of_reader()
    {
        var image = new ImageArchive(await WriteAsync("one.tar"));
        foreach (var layer in (JsonArray)image.Manifest["layers"]!) image.Check(layer!);
        Assert.Equal(((JsonArray)image.Config["rootfs"]!["diff_ids"]!).Select(static d => (string)d!), image.Layers.Select(static l => ImageArchive.Digest(l)));
        Assert.Equal("registry.example.com/openclaw:7", (string?)image.Index["manifests"]![0]!["annotations"]!["io.containerd.image.name"]);
        // The older reader is led to the same blobs.
        Assert.Equal("registry.example.com/openclaw:7", (string?)image.Docker["RepoTags"]![0]);
        Assert.Equal("blobs/" + ((string)image.Manifest["config"]!["digest"]!).Replace(':', '/'), (string?)image.Docker["Config"]);
        Assert.Equal(((JsonArray)image.Manifest["layers"]!).Select(static l => "blobs/" + ((string)l!["digest"]!).Replace(':', '/')), ((JsonArray)image.Docker["Layers"]!).Select(static l => (string)l!));
    }

    [Fact]
    public async Task The_same_program_gives_the_same_bytes()
    {
        var (one, two) = (await WriteAsync("one.tar"), await WriteAsync("two.tar"));
        Assert.Equal(ImageArchive.Digest(await File.ReadAllBytesAsync(one, TestContext.Current.CancellationToken)), ImageArchive.Digest(await File.ReadAllBytesAsync(two, TestContext.Current.CancellationToken)));
        var image = new ImageArchive(one);
        Assert.All(image.Entries, static e => Assert.Equal(DateTimeOffset.UnixEpoch, e.ModificationTime));
        Assert.All(image.Root().Values, static e => Assert.Equal(DateTimeOffset.UnixEpoch, e.ModificationTime));
        Assert.Equal("2026-01-02T03:04:05Z", (string?)image.Config["created"]);
    }

    [Fact]
    public async Task It_holds_what_the_program_needs_and_nothing_to_break_in_with()
    {
        var root = new ImageArchive(await WriteAsync("one.tar")).Root();
        Assert.True(root["app/openclaw"].Mode.HasFlag(UnixFileMode.OtherExecute));
        foreach (var name in (string[])["libc.so.6", "libssl.so.3", "libcrypto.so.3", "libstdc++.so.6"]) Assert.Contains(root.Keys, k => Path.GetFileName(k) == name);
        Assert.Contains(root.Keys, static k => Path.GetFileName(k).StartsWith("ld-linux", StringComparison.Ordinal));
        // The authorities of the package, not what else this machine trusts.
        var authorities = Text(root["etc/ssl/certs/ca-certificates.crt"]);
        Assert.InRange(Certificate().Count(authorities), 50, Directory.GetFiles("/usr/share/ca-certificates/mozilla").Length);
        Assert.Contains("usr/share/zoneinfo/Europe/Berlin", root.Keys);
        // A licence for each package, and the package's own entry for scanners.
        var packages = root.Keys.Where(static k => k.StartsWith("var/lib/dpkg/status.d/", StringComparison.Ordinal)).Select(static k => Path.GetFileName(k)).ToList();
        Assert.Superset(new HashSet<string>(["libc6", "libssl3", "ca-certificates", "tzdata"]), packages.ToHashSet());
        Assert.All(packages, p => Assert.NotEmpty(Text(root[$"usr/share/doc/{p}/copyright"])));
        // No shell, no setuid, nothing that the user could write but the own home and /tmp.
        Assert.DoesNotContain(root.Keys, static k => Path.GetFileName(k) is "sh" or "bash" or "dash" or "busybox");
        Assert.All(root.Values, static e => Assert.Equal(UnixFileMode.None, e.Mode & (UnixFileMode.SetUser | UnixFileMode.SetGroup)));
        Assert.Equal(["home/openclaw", "home/openclaw/.openclaw"], root.Where(static e => e.Value.Uid != 0).Select(static e => e.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["tmp"], root.Where(static e => e.Value.EntryType != TarEntryType.SymbolicLink && e.Value.Mode.HasFlag(UnixFileMode.OtherWrite)).Select(static e => e.Key));
    }

    [Fact]
    public async Task The_Dockerfile_says_the_same()
    {
        var config = new ImageArchive(await WriteAsync("one.tar")).Config["config"]!;
        var lines = await File.ReadAllLinesAsync(Path.Combine(SharedFiles.Repository, "Dockerfile"), TestContext.Current.CancellationToken);
        List<string> Said(string word) => [.. lines.Where(l => l.StartsWith(word + " ", StringComparison.Ordinal)).Select(l => l[(word.Length + 1)..])];
        Assert.Equal((string?)config["User"], Said("USER").Single());
        Assert.Equal(((JsonArray)config["Env"]!).Select(static e => (string)e!), Said("ENV"));
        Assert.True(JsonNode.DeepEquals(config["Entrypoint"], JsonNode.Parse(Said("ENTRYPOINT").Single())));
        Assert.True(JsonNode.DeepEquals(config["Cmd"], JsonNode.Parse(Said("CMD").Single())));
        Assert.Equal((string?)config["WorkingDir"], Said("WORKDIR").Last());
        Assert.Equal(((JsonObject)config["ExposedPorts"]!).Single().Key, Said("EXPOSE").Single());
        foreach (var label in Said("LABEL").Select(static l => l.Split('=', 2))) Assert.Equal(label[1].Trim('"'), (string?)config["Labels"]![label[0]]);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>An image of the test's own program; skips where the system's files do not come from Debian's packages.</summary>
    private async Task<string> WriteAsync(string name)
    {
        if (!File.Exists("/usr/bin/dpkg-query")) Assert.Skip("an image is written from Debian's packages, and this is another system");
        if (!Directory.Exists("/usr/share/ca-certificates/mozilla") || !Directory.Exists("/usr/share/zoneinfo/Europe")) Assert.Skip("an image is written from ca-certificates and tzdata, which are not on this machine");
        var program = _folder.CreateSubdirectory("program").FullName;
        File.Copy(GatewayProcess.Binary, Path.Combine(program, "openclaw"), overwrite: true);
        var to = Path.Combine(_folder.FullName, name);
        var start = new ProcessStartInfo(Path.Combine(SharedFiles.Repository, "tools", "image.sh"), [program, to, "registry.example.com/openclaw:7", "7", "abcdef"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SOURCE_DATE_EPOCH"] = "1767323045";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await output + await error);
        return to;
    }

    private static string Text(TarEntry entry) => new StreamReader(entry.DataStream!).ReadToEnd();

    [GeneratedRegex("-----BEGIN CERTIFICATE-----")]
    private static partial Regex Certificate();
}
