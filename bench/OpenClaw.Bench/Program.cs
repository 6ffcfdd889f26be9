using OpenClaw.Bench;

return args switch
{
    ["faults", .. var rest] => await FaultBench.RunAsync(rest),
    ["gateway", .. var rest] => await GatewayBench.RunAsync(rest),
    ["operator", .. var rest] => await OperatorBench.RunAsync(rest),
    ["original", .. var rest] => await OriginalBench.RunAsync(rest),
    ["startup", .. var rest] => await StartupBench.RunAsync(rest),
    ["allocations", .. var rest] => await AllocationBench.RunAsync(rest),
    ["budgets", .. var rest] => await BudgetBench.RunAsync(rest),
    ["knobs", .. var rest] => await KnobBench.RunAsync(rest),
    ["stream-upstream", var port] => StreamUpstream.Serve(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("error: which bench?");
    Console.Error.WriteLine("hint: gateway [--rounds N] [--out FILE], startup [--out FILE], allocations [--ledger] [WORKLOAD …], knobs [--rounds N] [NAME=VALUE,… …], faults [--fast] [--out FILE], budgets [--rounds N] [--postgres URL] [--out FILE], original [--out FILE], operator [--sizes N,N] [--rest SECONDS] [--keep FILE] [--out FILE]");
    return 2;
}
