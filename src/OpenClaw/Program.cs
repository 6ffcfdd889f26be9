return await OpenClaw.Commands.CommandLine.RunAsync(args).ConfigureAwait(false);
