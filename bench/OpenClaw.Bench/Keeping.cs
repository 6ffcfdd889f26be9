namespace OpenClaw.Bench;

/// <summary>What a measured gateway keeps and counts beside its decisions and metrics.</summary>
/// <param name="Name">In the tables.</param>
/// <param name="Storage">The configuration's <c>storage.url</c>.</param>
/// <param name="Counts">Three budgets hold and count every request, and the runaway guard reads it.</param>
internal sealed record Keeping(string Name, string Storage, bool Counts)
{
    public static readonly Keeping Nothing = new("no ledger, no budgets, no guard", "none", Counts: false);

    public static readonly Keeping OnSqlite = new("ledger on SQLite, three budgets, guard", "sqlite:openclaw.db", Counts: true);

    public static Keeping OnPostgres(string url) => new("ledger on PostgreSQL, three budgets, guard", url, Counts: true);

    /// <summary>Members of the configuration's object. The guard watches but lets the same request come again and again.</summary>
    public string Config => $$"""
        "storage": { "url": "{{Storage}}" },
          {{(Counts ? Budgets : "")}}"guard": { {{(Counts ? "" : "\"enabled\": false, ")}}"loopSpend": 1000000, "spendPerMinute": 0 }
        """;

    private const string Budgets = """
        "budgets": [
            { "name": "monthly", "scope": "gateway", "period": "month", "limit": 1000000000 },
            { "name": "each client", "scope": "client", "period": "day", "limit": 1000000000000, "unit": "tokens" },
            { "name": "model", "scope": "model:openai/gpt-4o", "period": "hour", "limit": 1000000000 }
          ],
          
        """;
}
