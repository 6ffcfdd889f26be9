namespace OpenClaw.Gateway.Metering;

/// <summary>The two sides of a call's usage.</summary>
[Flags]
internal enum UsageSides
{
    None = 0,
    Input = 1,
    Output = 2,
    Both = Input | Output,
}
