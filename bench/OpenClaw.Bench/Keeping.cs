namespace OpenClaw.Bench;

/// <summary>What a measured gateway keeps and counts beside its decisions and metrics.</summary>
/// <param name="Name">In the tables.</param>
/// <param name="Storage">The configuration's <c>storage.url</c>.</param>
/// <param name="Guards">The runaway guard reads every request.</param>
/// <param name="Counts">Three budgets hold and count every request.</param>
internal sealed record Keeping(string Name, string Storage, bool Guards, bool Counts)
{
    public static readonly Keeping Nothing = new("no guard, no ledger, no budgets", "none", Guards: false, Counts: false);

    public static readonly Keeping NoLedger = new("guard; no ledger, no budgets", "none", Guards: true, Counts: false);

    public static readonly Keeping OnSqlite = new("guard, ledger on SQLite, three budgets", "sqlite:openclaw.db", Guards: true, Counts: true);

    public static Keeping OnPostgres(string url) => new("guard, ledger on PostgreSQL, three budgets", url, Guards: true, Counts: true);

    /// <summary>Members of the configuration's object. The guard watches but lets the same request come again and again.</summary>
    public string Config => $$"""
        "storage": { "url": "{{Storage}}" },
          {{(Counts ? Budgets : "")}}"guard": { {{(Guards ? "" : "\"enabled\": false, ")}}"loopSpend": 1000000, "spendPerMinute": 0 }
        """;

    private const string Budgets = """
        "budgets": [
            { "name": "monthly", "scope": "gateway", "period": "month", "limit": 1000000000 },
            { "name": "each client", "scope": "client", "period": "day", "limit": 1000000000000, "unit": "tokens" },
            { "name": "model", "scope": "model:openai/gpt-4o", "period": "hour", "limit": 1000000000 }
          ],
          
        """;
}
