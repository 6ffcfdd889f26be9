using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>A container image in a tar, read the way a container runtime reads it: from its index to the files of its layers.</summary>
internal sealed class ImageArchive
{
    private readonly Dictionary<string, byte[]> _files = [];

    public ImageArchive(string path)
    {
        using var stream = File.OpenRead(path);
        using var tar = new TarReader(stream);
        while (tar.GetNextEntry() is { } entry)
        {
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            _files[entry.Name] = content.ToArray();
            Entries.Add(entry);
        }
        Index = Json("index.json");
        Manifest = Blob(Index["manifests"]![0]!);
        Config = Blob(Manifest["config"]!);
        Layers = [.. ((JsonArray)Manifest["layers"]!).Select(l => Unpacked(_files[PathOf(l!)]))];
    }

    public List<TarEntry> Entries { get; } = [];

    public JsonObject Index { get; }

    public JsonObject Manifest { get; }

    public JsonObject Config { get; }

    /// <summary>The layers' tars, unpacked.</summary>
    public IReadOnlyList<byte[]> Layers { get; }

    /// <summary>What <c>docker load</c> reads.</summary>
    public JsonNode Docker => JsonNode.Parse(_files["manifest.json"])![0]!;

    /// <summary>Every file and folder of the image, by its path.</summary>
    public Dictionary<string, TarEntry> Root()
    {
        var root = new Dictionary<string, TarEntry>(StringComparer.Ordinal);
        foreach (var layer in Layers)
        {
            using var tar = new TarReader(new MemoryStream(layer));
            while (tar.GetNextEntry(copyData: true) is { } entry) root[entry.Name.TrimEnd('/')] = entry;
        }
        return root;
    }

    public static string Digest(ReadOnlySpan<byte> bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A blob's bytes; fails when they are not what the descriptor says.</summary>
    private JsonObject Blob(JsonNode descriptor)
    {
        Check(descriptor);
        return Json(PathOf(descriptor));
    }

    /// <summary>Fails when a blob is not what its descriptor says.</summary>
    public void Check(JsonNode descriptor)
    {
        var bytes = _files[PathOf(descriptor)];
        Assert.Equal((string)descriptor["digest"]!, Digest(bytes));
        Assert.Equal((long)descriptor["size"]!, bytes.LongLength);
    }

    private static string PathOf(JsonNode descriptor) => "blobs/" + ((string)descriptor["digest"]!).Replace(':', '/');

    private JsonObject Json(string path) => (JsonObject)JsonNode.Parse(_files[path])!;

    private static byte[] Unpacked(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var content = new MemoryStream();
        gzip.CopyTo(content);
        return content.ToArray();
    }
}
