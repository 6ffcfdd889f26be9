using System.CommandLine;
using OpenClaw.Commands;

// Startup is measured: only the command that was asked for is built beyond its name and options.
var root = new RootCommand("OpenClaw for .NET: any model provider behind one address, in order, and no answer lost.")
{
    GatewayCommand.Build(),
    VersionCommand.Build(),
};
return await root.Parse(args).InvokeAsync().ConfigureAwait(false);
