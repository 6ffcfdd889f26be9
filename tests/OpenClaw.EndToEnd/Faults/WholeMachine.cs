namespace OpenClaw.EndToEnd.Faults;

/// <summary>The collection of tests that want every processor: no other test runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeMachine
{
    public const string Name = "the whole machine";
}
