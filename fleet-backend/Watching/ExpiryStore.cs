using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Watching;

/// <summary>What was said of things that run out.</summary>
internal static class ExpiryStore
{
    /// <summary>Whether a warning stands in the log of events since a time.</summary>
    public static bool WasSaid(DbConnection connection, string kind, string warning, long sinceUnixMilliseconds) => connection.ExecuteScalar<long>(
        "SELECT CASE WHEN EXISTS(SELECT 1 FROM event WHERE kind = @kind AND at_ms > @sinceUnixMilliseconds AND json_extract(content, '$.warning') = @warning) THEN 1 ELSE 0 END", new { kind, warning, sinceUnixMilliseconds }) == 1;
}
