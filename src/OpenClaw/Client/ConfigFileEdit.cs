using System.Text.Json;
using OpenClaw.Commands;
using OpenClaw.Config;

namespace OpenClaw.Client;

/// <summary>Changes the configuration file: only to something valid, in one step, with the old text beside it.</summary>
internal static class ConfigFileEdit
{
    /// <summary>Applies an edit and says what was done, or why nothing was.</summary>
    /// <param name="asked">What <c>--config</c> said, or null.</param>
    /// <param name="json">One JSON document instead of lines.</param>
    /// <param name="edit">The new text for the old one.</param>
    /// <param name="done">What the change amounts to, for people.</param>
    public static int Apply(string? asked, bool json, Func<byte[], EditResult> edit, string done)
    {
        var path = Places.ConfigFile(asked) ?? Places.DefaultConfigFile;
        var isNew = !File.Exists(path);
        var local = isNew ? new LocalConfig(path, [], ConfigReader.ReadEnvironment(ConfigEnvironment.Process), null) : LocalConfig.Read(path, ConfigEnvironment.Process);
        // A file without a value is one that is still to be written.
        if (local is { Config: null, Unreadable: null } && ConfigEditor.IsBlank(local.Bytes)) local = local with { Result = ConfigReader.ReadEnvironment(ConfigEnvironment.Process) };
        if (local.Config is null) return local.Report(json);
        var edited = edit(local.Bytes);
        if (edited.Bytes is not { } bytes)
        {
            var problem = edited.Problems[0];
            return Refuse(json, problem.Message, problem.Instead);
        }
        if (bytes.AsSpan().SequenceEqual(local.Bytes))
        {
            Report(json, path, null, "Nothing to change.", isWritten: false);
            return ExitCode.Ok;
        }
        var after = ConfigReader.Read(bytes, ConfigEnvironment.Process);
        if (!after.IsValid)
        {
            var first = after.Problems.First(static p => p.Severity == ProblemSeverity.Error);
            return Refuse(json, first.Message, first.Instead);
        }
        var backup = isNew ? null : path + ".bak";
        if (Write(path, local.Bytes, bytes, backup) is { } failure) return Refuse(json, failure, "change the file where it comes from, or name another with --config");
        foreach (var problem in after.Problems.Where(p => local.Result.Problems.All(old => old.Message != p.Message))) Terminal.Line(problem.ToString());
        Report(json, path, backup, done);
        return ExitCode.Ok;
    }

    /// <summary>Replaces a file in one step; null when done, else why not. A link stays a link: its target is replaced.</summary>
    /// <param name="old">What the file held when it was read; when it holds something else by now, nothing is written.</param>
    public static string? Write(string path, ReadOnlySpan<byte> old, ReadOnlySpan<byte> bytes, string? backup)
    {
        var real = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        var temporary = $"{real}.{Environment.ProcessId}.tmp";
        try
        {
            if (Path.GetDirectoryName(real) is { Length: > 0 } folder && !Directory.Exists(folder)) CreateFolder(folder);
            WriteWhole(temporary, bytes, real);
            if (backup is not null)
            {
                if (!File.ReadAllBytes(real).AsSpan().SequenceEqual(old)) return $"{path} was changed by somebody else meanwhile; run it again";
                File.Copy(real, backup, overwrite: true);
            }
            File.Move(temporary, real, overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be written: {e.Message}";
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    // A file that may hold keys is for its owner alone, unless it already was readable for others.
    private static void WriteWhole(string temporary, ReadOnlySpan<byte> bytes, string real)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, options))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        if (!OperatingSystem.IsWindows() && File.Exists(real)) File.SetUnixFileMode(temporary, File.GetUnixFileMode(real));
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It was moved into place, or the folder is not ours to write in: both were already said.
        }
    }

    private static int Refuse(bool json, string message, string hint)
    {
        var code = Terminal.Fail(json, message, hint);
        Terminal.Line("Config was not changed.");
        return code;
    }

    private static void Report(bool json, string path, string? backup, string done, bool isWritten = true)
    {
        if (json)
        {
            Terminal.Json(writer => WriteReport(writer, path, backup, done));
            return;
        }
        if (isWritten) Terminal.Out($"Updated config: {path}");
        if (backup is not null) Terminal.Out($"Backup: {backup}");
        Terminal.Out(done);
    }

    private static void WriteReport(Utf8JsonWriter json, string path, string? backup, string done)
    {
        json.WriteStartObject();
        json.WriteBoolean("ok"u8, true);
        json.WriteString("path"u8, path);
        if (backup is not null) json.WriteString("backup"u8, backup);
        json.WriteString("message"u8, done);
        json.WriteEndObject();
    }
}
