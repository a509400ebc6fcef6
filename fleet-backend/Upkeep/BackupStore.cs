using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Upkeep;

/// <summary>The SQL of backups.</summary>
internal static class BackupStore
{
    /// <summary>Copies the database as of one instant into an empty file; others read and write meanwhile.</summary>
    public static void VacuumInto(DbConnection connection, string file) => connection.Execute("PRAGMA busy_timeout=60000; VACUUM INTO @file", new { file }, commandTimeout: 0);

    /// <summary>The highest migration.</summary>
    public static long Schema(DbConnection connection) => connection.ExecuteScalar<long>("SELECT max(version) FROM schema_version");

    /// <summary>What SQLite finds wrong with a database; "ok" for nothing.</summary>
    public static string Check(DbConnection connection) => connection.ExecuteScalar<string>("PRAGMA integrity_check(1)") ?? "no answer";
}
