using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.ModelServer;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>An image of the small model's server that takes Ollama's place and name in a pod: same port, same protocol of OpenAI's.</summary>
internal static class ModelImage
{
    public const string Reference = "docker.io/ollama/ollama:latest";

    /// <summary>Writes the image; a reason when the model server is not available.</summary>
    public static async Task<string?> WriteAsync(string path)
    {
        if (await LlamaBundle.MissingAsync() is { } why) return why;
        var program = Path.Combine(await LlamaBundle.FolderAsync(), "lib");
        var layer = Tar(writer =>
        {
            // The loader and the libraries are looked for where they were prepared.
            foreach (var file in Directory.GetFiles(program)) Add(writer, file, Path.Combine(program, Path.GetFileName(file)));
            Add(writer, LlamaBundle.Model, "/model.gguf");
            writer.WriteEntry(new GnuTarEntry(TarEntryType.Directory, "tmp/") { Mode = (UnixFileMode)0b1_111_111_111 });
        });
        var config = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["architecture"] = "amd64", ["os"] = "linux",
            ["config"] = new JsonObject
            {
                ["Env"] = new JsonArray("PATH=/bin", "LLAMA_ARG_OFFLINE=1", "LLAMA_CACHE=/tmp", "LD_LIBRARY_PATH=" + program),
                ["Entrypoint"] = new JsonArray(Path.Combine(program, "llama-server"), "--host", "127.0.0.1", "--port", "11434", "-m", "/model.gguf", "-a", "llama3.2",
                    "-c", "4096", "-np", "2", "-t", "1", "--no-ui", "--reasoning", "off", "--no-warmup"),
            },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(ImageArchive.Digest(layer)) },
        }.ToJsonString());
        var manifest = new JsonArray(new JsonObject { ["Config"] = "config.json", ["RepoTags"] = new JsonArray(Reference), ["Layers"] = new JsonArray("layer.tar") }).ToJsonString();
        await File.WriteAllBytesAsync(path, Tar(writer =>
        {
            foreach (var (name, content) in (ReadOnlySpan<(string, byte[])>)[("manifest.json", Encoding.UTF8.GetBytes(manifest)), ("config.json", config), ("layer.tar", layer)])
            {
                writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }));
        return null;
    }

    private static byte[] Tar(Action<TarWriter> write)
    {
        using var content = new MemoryStream();
        using (var writer = new TarWriter(content, TarEntryFormat.Gnu, leaveOpen: true)) write(writer);
        return content.ToArray();
    }

    private static void Add(TarWriter writer, string file, string path)
    {
        using var data = File.OpenRead(file);
        writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, path.TrimStart('/')) { DataStream = data, Mode = (UnixFileMode)0b111_101_101 });
    }
}
