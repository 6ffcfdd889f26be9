using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Providers;

/// <summary>A key taken for one call, or why there is none. Report the call's outcome to it.</summary>
internal sealed class KeyLease
{
    private readonly KeyState? _state;
    private readonly string _model = "";
    private readonly DateTimeOffset _taken;

    public KeyLease(string alias, KeyState state, Secret? value, string model, DateTimeOffset taken)
    {
        Alias = alias;
        _state = state;
        Value = value;
        _model = model;
        _taken = taken;
    }

    public KeyLease(UpstreamFailure missing)
    {
        Alias = "";
        Missing = missing;
    }

    /// <summary><c>openai#1 (env:OPENAI_API_KEY)</c>: for logs and decisions. Empty when there is no key.</summary>
    public string Alias { get; }

    /// <summary>Null: the provider is called without a key (or, with <see cref="Missing"/>, not at all).</summary>
    public Secret? Value { get; }

    /// <summary>The call goes out without any of the configuration's keys.</summary>
    public bool IsKeyless => _state is { Config: null };

    /// <summary>Why the provider cannot be called; null when it can.</summary>
    public UpstreamFailure? Missing { get; }

    /// <summary>Parks the key if the failure is about it; other failures are ignored.</summary>
    public void Failed(UpstreamFailure failure, DateTimeOffset now) => _state?.Failed(Value, _model, failure, now);

    /// <summary>An answer came.</summary>
    public void Succeeded() => _state?.Succeeded(Value, _model, _taken);

    public override string ToString() => Alias;
}
