using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OpenClaw.EndToEnd.Money;

/// <summary>What a gateway's SQLite file says, read beside it.</summary>
internal static class SqliteFile
{
    public static List<string> Texts(string path, string sql)
    {
        using var connection = Open(path);
        using var command = new SqliteCommand(sql, connection);
        using var row = command.ExecuteReader();
        List<string> texts = [];
        while (row.Read()) texts.Add(row.GetString(0));
        return texts;
    }

    public static long Number(string path, string sql)
    {
        using var connection = Open(path);
        using var command = new SqliteCommand(sql, connection);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    // Not pooled: the file is deleted with its folder.
    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        return connection;
    }
}
