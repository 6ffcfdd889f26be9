using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>Why a budget does not let a call through.</summary>
/// <param name="Budget">The budget's name or scope, for the error and the decision.</param>
/// <param name="TargetOnly">True: only this target is out of money (scope provider or model), another may still answer.</param>
/// <param name="Downgrade">An alias or reference to answer from instead, or null.</param>
internal sealed record BudgetFinding(string Budget, bool TargetOnly, string? Downgrade, GatewayError Error);
