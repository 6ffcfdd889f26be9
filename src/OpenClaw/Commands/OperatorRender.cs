using System.CommandLine;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Yaml;

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
            WriteJson(drawn, code == ExitCode.Ok);
            return code;
        }
        Terminal.Write(YamlWriter.Write(drawn.SelectMany(static d => d.Drawing.Objects)));
        foreach (var (name, drawing) in drawn)
        {
            foreach (var finding in drawing.Findings) Terminal.Line($"{name}: {finding}");
        }
        return code;
    }

    private static void WriteJson(List<(string Name, InstanceDrawing Drawing)> drawn, bool ok) => Terminal.Json(writer =>
    {
        writer.WriteStartObject();
        writer.WriteBoolean("ok"u8, ok);
        writer.WriteStartArray("instances"u8);
        foreach (var (name, drawing) in drawn)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, name);
            writer.WriteStartArray("objects"u8);
            foreach (var drawnObject in drawing.Objects) drawnObject.WriteTo(writer);
            writer.WriteEndArray();
            OperatorFiles.Write(writer, drawing.Findings);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
