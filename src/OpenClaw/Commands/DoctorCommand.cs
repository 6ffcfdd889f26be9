using System.CommandLine;
using System.Text;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Config;
using OpenClaw.Doctor;

namespace OpenClaw.Commands;

/// <summary><c>openclaw doctor</c>: what would fail, before it does, and what to do about each.</summary>
internal static class DoctorCommand
{
    public static void Fill(Command command)
    {
        var config = CommonOptions.Config();
        var json = CommonOptions.Json();
        var offline = new Option<bool>("--offline") { Description = "Connect to nothing" };
        var files = OperatorFiles.Option();
        foreach (var option in new Option[] { config, json, offline, files }) command.Add(option);
        command.SetAction((parsed, cancel) => parsed.GetValue(files) is { Length: > 0 } given
            ? Task.FromResult(OperatorDoctor.Run(given, parsed.GetValue(json)))
            : RunAsync(parsed.GetValue(config), parsed.GetValue(json), parsed.GetValue(offline), cancel));
    }

    private static async Task<int> RunAsync(string? config, bool json, bool offline, CancellationToken cancel)
    {
        var local = LocalConfig.Load(config);
        var findings = new List<DoctorFinding>(OfflineChecks.Of(local, ConfigEnvironment.Process, TimeProvider.System));
        if (local.Config is not null) findings.Add(await StorageCheck.OfAsync(local.Config, Places.StateFolder, !offline, cancel).ConfigureAwait(false));
        if (!offline && local.Config is not null)
        {
            findings.AddRange(await OnlineChecks.OfAsync(local.Config, ConfigEnvironment.Process, TimeProvider.System, cancel).ConfigureAwait(false));
        }
        var fails = findings.Any(static f => f.Severity == DoctorSeverity.Fails);
        if (json) Terminal.Json(writer => Write(writer, local, findings, !fails));
        else Terminal.Write(Text(local, findings));
        return fails ? ExitCode.NotSo : ExitCode.Ok;
    }

    /// <summary>What fails first, then what is doubtful, then what is well.</summary>
    public static string Text(LocalConfig local, IReadOnlyCollection<DoctorFinding> findings)
    {
        var text = new StringBuilder($"Config: {local.Path ?? "none (the environment alone)"}\n\n");
        foreach (var finding in findings.OrderBy(static f => f.Severity))
        {
            var word = finding.Severity switch
            {
                DoctorSeverity.Fails => "FAIL",
                DoctorSeverity.Warns => "warn",
                _ => "ok  ",
            };
            text.Append($"{word}  {finding.Message}\n");
            if (finding.Do.Length > 0) text.Append($"      -> {finding.Do}\n");
        }
        var (fails, warns) = (findings.Count(static f => f.Severity == DoctorSeverity.Fails), findings.Count(static f => f.Severity == DoctorSeverity.Warns));
        return text.Append(fails + warns == 0 ? "\nNothing to mend.\n" : $"\n{fails} would fail, {warns} to look at.\n").ToString();
    }

    public static void Write(Utf8JsonWriter json, LocalConfig local, IEnumerable<DoctorFinding> findings, bool ok)
    {
        json.WriteStartObject();
        json.WriteBoolean("ok"u8, ok);
        json.WriteString("path"u8, local.Path);
        json.WriteStartArray("findings"u8);
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("severity"u8, finding.Severity switch { DoctorSeverity.Fails => "error"u8, DoctorSeverity.Warns => "warning"u8, _ => "ok"u8 });
            json.WriteString("check"u8, finding.Check);
            json.WriteString("message"u8, finding.Message);
            json.WriteString("do"u8, finding.Do);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
