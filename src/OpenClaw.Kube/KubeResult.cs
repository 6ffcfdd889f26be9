using System.Diagnostics.CodeAnalysis;

namespace OpenClaw.Kube;

/// <summary>A value, or the problem that there is instead of it.</summary>
public readonly struct KubeResult<T>
{
    private readonly T? _value;

    private KubeResult(T? value, KubeProblem? problem)
    {
        _value = value;
        Problem = problem;
    }

    /// <summary>Null when it went well.</summary>
    public KubeProblem? Problem { get; }

    public bool IsSuccess => Problem is null;

    /// <summary>The value; to ask for it after a failure is a bug.</summary>
    public T Value => Problem is null ? _value! : throw new InvalidOperationException($"there is no value: {Problem}");

    public bool Is(KubeProblemKind kind) => Problem?.Kind == kind;

    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out KubeProblem? problem)
    {
        value = _value;
        problem = Problem;
        return problem is null;
    }

    public KubeResult<TOther> Select<TOther>(Func<T, TOther> map) =>
        Problem is null ? KubeResult.Of(map(_value!)) : KubeResult.Failed<TOther>(Problem);

    public override string ToString() => Problem?.ToString() ?? "success";

    public static implicit operator KubeResult<T>(KubeProblem problem) => new(default, problem);

    internal static KubeResult<T> Success(T value) => new(value, null);
}

/// <summary>Makes results.</summary>
public static class KubeResult
{
    public static KubeResult<T> Of<T>(T value) => KubeResult<T>.Success(value);

    public static KubeResult<T> Failed<T>(KubeProblem problem) => problem;
}
