namespace OpenClaw.Doctor;

/// <summary>In the order in which they are shown.</summary>
internal enum DoctorSeverity
{
    /// <summary>A start or a request would fail.</summary>
    Fails,

    /// <summary>It works, and probably not as meant.</summary>
    Warns,

    Fine,
}

/// <summary>What a check found.</summary>
/// <param name="Check">Its name, for programs: config, chain, keys, local, ollama, port, bind, secrets, clock, reach, storage.</param>
/// <param name="Do">What to do; empty when all is well.</param>
internal sealed record DoctorFinding(DoctorSeverity Severity, string Check, string Message, string Do = "");
