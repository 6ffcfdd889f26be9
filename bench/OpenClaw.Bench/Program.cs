using OpenClaw.Bench;

return args switch
{
    ["faults", .. var rest] => await FaultBench.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("error: which bench?");
    Console.Error.WriteLine("hint: faults [--fast] [--out FILE]");
    return 2;
}
