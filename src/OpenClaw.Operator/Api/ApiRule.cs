namespace OpenClaw.Operator.Api;

/// <summary>
/// A rule between fields, said twice: in CEL for the API server (1.25 and later), and in code for <c>render</c>, <c>doctor</c>
/// and servers without CEL.
/// </summary>
/// <param name="Path">The object the rule stands at; "" is the spec.</param>
/// <param name="Cel">True when all is well; <c>self</c> is the object.</param>
/// <param name="Message">What is wrong and what to write instead.</param>
/// <param name="Holds">The same in code; null for a rule about a change, which only a server sees.</param>
internal sealed record ApiRule(string Path, string Cel, string Message, Func<SpecView, bool>? Holds);
