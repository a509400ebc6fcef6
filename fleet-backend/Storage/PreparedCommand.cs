using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using SQLitePCL;

namespace DePin.Fleet.Storage;

/// <summary>
/// A statement of the hot path that writes one row and is run many times in a job; its parameters are $1, $2 and so on. SQLite writes each row at
/// once. PostgreSQL, where every message there and back costs time, gets all of them in one: before the job commits, or with
/// <see cref="Dialects.WriteRows"/>, which goes before whatever must see them. For the connection's own thread; left undisposed it keeps SQLite from closing.
/// </summary>
internal abstract class PreparedCommand : IDisposable
{
    /// <summary>Prepares it.</summary>
    /// <param name="connection">The writing connection.</param>
    /// <param name="text">INSERT … VALUES(…) with or without ON CONFLICT, or UPDATE … WHERE …. No two rows of one job may meet in one row of the table.</param>
    /// <param name="types">The type of each parameter, separated by blanks: bigint for a long or an int, text, bytea.</param>
    /// <param name="changesEachRow">Whether the job fails where one of the rows changes nothing.</param>
    public static PreparedCommand Of(DbConnection connection, string text, string types, bool changesEachRow = false) =>
        connection is SqliteConnection sqlite ? new OnSqlite(sqlite, text, changesEachRow) : new RowBuffer((NpgsqlConnection)connection, text, types.Split(' '), changesEachRow);

    /// <summary>Writes a row.</summary>
    /// <exception cref="DbException">The database refuses; PostgreSQL may do so only when the rows are written.</exception>
    public abstract void Run(params ReadOnlySpan<object?> values);

    /// <inheritdoc />
    public abstract void Dispose();

    // Speaks to SQLite without the provider's commands, which cost more than the statements themselves.
    private sealed class OnSqlite : PreparedCommand
    {
        private readonly SqliteConnection _connection;
        private readonly sqlite3_stmt _statement;
        private readonly bool _changesEachRow;

        public OnSqlite(SqliteConnection connection, string text, bool changesEachRow)
        {
            _connection = connection;
            _changesEachRow = changesEachRow;

            // SQLite numbers $1 by where it stands first, ?1 by its number.
            Check(raw.sqlite3_prepare_v2(connection.Handle, text.Replace('$', '?'), out _statement));
        }

        public override void Run(params ReadOnlySpan<object?> values)
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

            if (_changesEachRow && raw.sqlite3_changes(_connection.Handle) == 0)
            {
                throw new OvertakenException(1, 0);
            }
        }

        public override void Dispose() => _statement.Dispose();

        private void Check(int result)
        {
            if (result != raw.SQLITE_OK)
            {
                throw new SqliteException($"SQLite Error {result}: '{raw.sqlite3_errmsg(_connection.Handle).utf8_to_string()}'.", result, raw.sqlite3_extended_errcode(_connection.Handle));
            }
        }
    }
}

/// <summary>Rows that a statement was to change were not as the job took them to be: somebody else changed them before.</summary>
public sealed class OvertakenException(int rows, int changed) : DbException($"{rows - changed} of {rows} rows are not as they were taken to be: somebody else changed them.")
{
    /// <summary>Whether a job failed because somebody else was ahead of it: rows were changed, or the same is stored already.</summary>
    internal static bool Explains(DbException problem) => problem is OvertakenException || problem.SqlState == PostgresErrorCodes.UniqueViolation;
}
