using System.CommandLine;
using System.Text.Json;
using OpenClaw.Operator.Build;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Commands;

/// <summary><c>openclaw operator render</c>: what an instance becomes on standard output, what there is to say of it on standard error.</summary>
internal static class OperatorRender
{
    public static Command Build()
    {
        var files = OperatorFiles.Option();
        files.Required = true;
        var json = CommonOptions.Json();
        var command = new Command("render", "What an instance's file becomes, and why") { files, json };
        command.SetAction(parsed => Run(parsed.GetValue(files)!, parsed.GetValue(json)));
        return command;
    }

    private static int Run(string[] files, bool json)
    {
        if (OperatorFiles.Draw(files, json, out var code) is not { } drawn) return code;
        if (json)
        {
            OperatorFiles.WriteJson(drawn, code == ExitCode.Ok, WriteObjects);
            return code;
        }
        Terminal.Write(YamlWriter.Write(drawn.SelectMany(static d => d.Drawing.Objects)));
        foreach (var (name, drawing) in drawn)
        {
            foreach (var finding in drawing.Findings) Terminal.Line($"{name}: {finding}");
        }
        return code;
    }

    private static void WriteObjects(Utf8JsonWriter json, InstanceDrawing drawing)
    {
        json.WriteStartArray("objects"u8);
        foreach (var drawn in drawing.Objects) drawn.WriteTo(json);
        json.WriteEndArray();
    }
}
