using Dapper;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Watching;

/// <summary>What was said of things that run out.</summary>
internal static class ExpiryStore
{
    /// <summary>Whether a warning stands in the log of events since a time.</summary>
    public static bool WasSaid(SqliteConnection connection, string kind, string warning, long sinceUnixMilliseconds) => connection.ExecuteScalar<long>(
        "SELECT EXISTS(SELECT 1 FROM event WHERE kind = @kind AND at_ms > @sinceUnixMilliseconds AND json_extract(content, '$.warning') = @warning)", new { kind, warning, sinceUnixMilliseconds }) == 1;
}
