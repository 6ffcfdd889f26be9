using System.Collections.Concurrent;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>How often rows may have come that lack charges of today's budgets, by this gateway and by others.</summary>
internal readonly record struct StrayCount(long Own, long Foreign);

/// <summary>
/// Requests that are written down without a charge to a budget which counts them: they ran while it was not in the file, here or at
/// another gateway of the same database (a rollout goes from one to the next). Each change of the budgets, and each request that ends
/// under earlier ones, makes what was read of rows before it too little. Gateways tell each other, by a word, under which budgets
/// they charge. Thread-safe.
/// </summary>
internal sealed class BudgetStrays
{
    private readonly ConcurrentDictionary<string, string?> _words = new(StringComparer.Ordinal);
    private volatile string _mark = "";
    private long _own;
    private long _foreign;
    private long _flushed;

    /// <summary>What this gateway tells the others: its budgets, and how often it wrote rows that may lack a charge to them.</summary>
    public string Word => $"{_mark}/{Interlocked.Read(ref _own)}";

    /// <summary>The word is another one: the others should hear it soon.</summary>
    public event Action? WordChanged;

    public StrayCount Count => new(Interlocked.Read(ref _own), Interlocked.Read(ref _foreign));

    /// <summary>Rows of this gateway's own that lack a charge may still be on their way into the database.</summary>
    public bool MustFlush => Interlocked.Read(ref _own) > Interlocked.Read(ref _flushed);

    /// <summary>All that was counted by then is in the database.</summary>
    public void Flushed(in StrayCount count)
    {
        for (var was = Interlocked.Read(ref _flushed); was < count.Own; was = Interlocked.Read(ref _flushed))
        {
            if (Interlocked.CompareExchange(ref _flushed, count.Own, was) == was) return;
        }
    }

    /// <summary>Other budgets are in force from now on.</summary>
    /// <param name="isFirst">Nothing has run before them.</param>
    public void Adopt(BudgetPlan plan, bool isFirst)
    {
        if (_mark == plan.Mark) return;
        _mark = plan.Mark;
        if (!isFirst) Interlocked.Increment(ref _own);
        WordChanged?.Invoke();
    }

    /// <summary>A request was written down that was opened under <paramref name="plan"/>.</summary>
    public void Ended(BudgetPlan plan)
    {
        if (plan.Mark == _mark) return;
        Interlocked.Increment(ref _own);
        WordChanged?.Invoke();
    }

    /// <summary>Another gateway lives, and said this; null = it says nothing of budgets.</summary>
    public void Heard(string gateway, string? word)
    {
        var isSame = _words.TryGetValue(gateway, out var before) && before == word;
        _words[gateway] = word;
        if (!isSame || !HasSameBudgets(word)) Interlocked.Increment(ref _foreign);
    }

    /// <summary>Another gateway has gone; its last rows are there.</summary>
    public void Gone(string gateway)
    {
        if (_words.TryRemove(gateway, out var word) && !HasSameBudgets(word)) Interlocked.Increment(ref _foreign);
    }

    private bool HasSameBudgets(string? word) => word is not null && word.StartsWith(_mark + "/", StringComparison.Ordinal);
}
