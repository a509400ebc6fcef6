using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DePin.Fleet.Ledger;

/// <summary>
/// A statement of the hot path: its text is parsed once, its parameters are ?1, ?2 and so on. It speaks to SQLite without the provider's
/// commands, which cost more than the statements themselves. For the connection's own thread; left undisposed it keeps SQLite from closing.
/// </summary>
internal sealed class PreparedCommand : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly sqlite3_stmt _statement;

    public PreparedCommand(SqliteConnection connection, string text)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v2(connection.Handle, text, out _statement));
    }

    /// <summary>Runs it with integers (long, int), texts, blobs or nulls.</summary>
    /// <exception cref="SqliteException">The database refuses.</exception>
    public void Run(params ReadOnlySpan<object?> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Check(values[i] switch
            {
                long number => raw.sqlite3_bind_int64(_statement, i + 1, number),
                int number => raw.sqlite3_bind_int64(_statement, i + 1, number),
                string text => raw.sqlite3_bind_text(_statement, i + 1, text),
                byte[] bytes => raw.sqlite3_bind_blob(_statement, i + 1, bytes),
                null => raw.sqlite3_bind_null(_statement, i + 1),
                _ => throw new ArgumentException($"a {values[i]!.GetType().Name} is no value of these statements", nameof(values)),
            });
        }

        int result = raw.sqlite3_step(_statement);
        raw.sqlite3_reset(_statement);
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            Check(result);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw new SqliteException($"SQLite Error {result}: '{raw.sqlite3_errmsg(_connection.Handle).utf8_to_string()}'.", result, raw.sqlite3_extended_errcode(_connection.Handle));
        }
    }
}
