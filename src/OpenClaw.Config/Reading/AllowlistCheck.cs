using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Holds references of the file against its own allowlist.</summary>
internal sealed class AllowlistCheck(ReadContext context, ModelsConfig models)
{
    /// <summary>An error when the reference is not allowed.</summary>
    public void Require(ConfigNode? at, ModelRef reference, string role)
    {
        if (models.IsAllowed(reference)) return;
        context.Problems.Error(at, $"{Shown.Text(reference.ToString())} {role} but the allowlist does not hold it", Advice(reference, Near(reference)));
    }

    /// <summary>A warning when the reference is not allowed, an error when it is a near miss of an allowed one.</summary>
    public void Expect(ConfigNode? at, ModelRef reference, string role)
    {
        if (models.IsAllowed(reference)) return;
        var near = Near(reference);
        var message = $"{Shown.Text(reference.ToString())} {role} but the allowlist does not hold it";
        if (near.Count > 0 && Nearest.IsSlip(near[0], reference.ToString())) context.Problems.Error(at, message, Advice(reference, near));
        else context.Problems.Warn(at, message + ", so it cannot be used", Advice(reference, near));
    }

    private List<string> Near(ModelRef reference) =>
        context.Problems.IsFull ? [] : Nearest.Of(reference.ToString(), models.Allowlist?.Where(static r => !r.IsWildcard).Select(static r => r.ToString()) ?? [], 2);

    private string Advice(ModelRef reference, List<string> near)
    {
        var native = context.Root.At("models", "allowlist");
        var place = native is not null ? "models.allowlist" : "agents.defaults.modelPolicy.allow";
        var line = (native ?? context.Root.At("agents", "defaults", "modelPolicy", "allow"))?.Line;
        var add = $"Add \"{Shown.Text(reference.ToString())}\" to {place}{(line is null ? "" : $" (line {line})")}";
        return near.Count > 0 ? $"{add}, or did you mean {Shown.Choice(near)}?" : add + ".";
    }
}
