using System.CommandLine;
using OpenClaw.Client;
using OpenClaw.Config;

namespace OpenClaw.Commands;

/// <summary>The file that a command of <c>openclaw config</c> is about: named behind the command, or by <c>--config</c> as everywhere else.</summary>
internal sealed class ConfigFileChoice
{
    private readonly Argument<string?> _file = new("file")
    {
        Description = "Default: OPENCLAW_CONFIG_PATH, ~/.openclaw/openclaw.json; - is standard input", Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _config = CommonOptions.Config();

    public ConfigFileChoice(Command command)
    {
        command.Add(_file);
        command.Add(_config);
        command.Validators.Add(found =>
        {
            if (found.GetValue(_file) is not null && found.GetValue(_config) is not null) found.AddError("the file is named twice: behind the command and by --config");
        });
    }

    public LocalConfig Open(ParseResult parsed)
    {
        var file = parsed.GetValue(_file) ?? parsed.GetValue(_config);
        if (file != "-") return LocalConfig.Load(file);
        using var input = Console.OpenStandardInput();
        using var buffer = new MemoryStream();
        input.CopyTo(buffer);
        return new LocalConfig("standard input", buffer.ToArray(), ConfigReader.Read(buffer.ToArray(), ConfigEnvironment.Process), null);
    }
}
