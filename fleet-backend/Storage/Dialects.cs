using System.Data;
using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace DePin.Fleet.Storage;

/// <summary>The few things that SQLite and PostgreSQL have different words for.</summary>
internal static class Dialects
{
    /// <summary>A transaction in which all statements see the same commit. Dispose it; there is nothing to commit.</summary>
    public static DbTransaction BeginInstant(this DbConnection connection) =>
        connection is SqliteConnection sqlite ? sqlite.BeginTransaction(deferred: true) : connection.BeginTransaction(IsolationLevel.RepeatableRead);

    /// <summary>Bytes that the database takes up.</summary>
    public static long Bytes(this DbConnection connection) => connection.ExecuteScalar<long>(
        connection is SqliteConnection ? "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()" : "SELECT pg_database_size(current_database())");

    /// <summary>
    /// The SQL with its joins in the order as they are written: what CROSS JOIN … ON and INDEXED BY say to SQLite, which keeps no figures to plan by, PostgreSQL
    /// finds by itself and has no words for.
    /// </summary>
    public static string Ordered(this DbConnection connection, string sql) =>
        connection is SqliteConnection ? sql : sql.Replace("CROSS JOIN", "JOIN", StringComparison.Ordinal).Replace(" INDEXED BY transfer_of_segment", "", StringComparison.Ordinal);

    /// <summary>The condition that a column has one of the values of a parameter, which is an array: SQLite gets them one by one, PostgreSQL the array.</summary>
    public static string In(this DbConnection connection, string column, string list) => connection is SqliteConnection ? $"{column} IN @{list}" : $"{column} = ANY(@{list})";

    /// <summary>Writes the rows of <see cref="PreparedCommand"/>s that wait; goes before whatever reads or refers to them in the same job.</summary>
    public static void WriteRows(this DbConnection connection)
    {
        if (connection is NpgsqlConnection postgres)
        {
            RowBuffer.Write(postgres);
        }
    }

    /// <summary>Takes the turn of the books in a transaction of ingest that writes what is theirs; where one turn is for both, it has it already.</summary>
    public static void TakeBooks(this DbConnection connection)
    {
        if (connection is NpgsqlConnection)
        {
            PostgresDatabase.TakeBooks(connection);
        }
    }

    /// <summary>Whether the database is PostgreSQL, for the few statements that it must have in words of its own.</summary>
    public static bool IsPostgres(this DbConnection connection) => connection is not SqliteConnection;
}
