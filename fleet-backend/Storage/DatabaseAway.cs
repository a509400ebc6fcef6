using Microsoft.Data.Sqlite;
using Npgsql;
using SQLitePCL;

namespace DePin.Fleet.Storage;

/// <summary>Whether the database is there to be asked.</summary>
internal static class DatabaseAway
{
    /// <summary>
    /// Whether something failed because the database is away, full, or busy for too long: the same may work in a while. What the database refuses for good,
    /// as a row that breaks a rule, is another matter.
    /// </summary>
    public static bool Explains(Exception? problem) => problem switch
    {
        null => false,
        SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN } => true,
        PostgresException { IsTransient: true } or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.AdminShutdown } => true,
        NpgsqlException and not PostgresException => true,
        DatabaseStuckException => true,
        _ => Explains(problem.InnerException),
    };
}

/// <summary>The writer has been at one job for so long that nothing more is put behind it.</summary>
internal sealed class DatabaseStuckException() : Exception("The database has not answered for a while.");
