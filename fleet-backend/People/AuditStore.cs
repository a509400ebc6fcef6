using System.Data.Common;
using Dapper;

namespace DePin.Fleet.People;

/// <summary>What people did with accounts and the system: append only.</summary>
internal static class AuditStore
{
    /// <summary>Records one act.</summary>
    /// <param name="connection">The writing connection.</param>
    /// <param name="atUnixMilliseconds">When.</param>
    /// <param name="by">Who: a name, or "nobody" before sign-in.</param>
    /// <param name="what">What was done.</param>
    /// <param name="about">To whom or what; never a secret.</param>
    public static void Record(DbConnection connection, long atUnixMilliseconds, string by, string what, string about) =>
        connection.Execute("INSERT INTO audit(at_ms, by, what, about) VALUES(@atUnixMilliseconds, @by, @what, @about)", new { atUnixMilliseconds, by, what, about });

    /// <summary>Acts before one, newest first.</summary>
    public static IReadOnlyList<AuditRow> Page(DbConnection connection, long before, int limit) => connection.Query<AuditRow>(
        "SELECT n AS N, at_ms AS AtUnixMilliseconds, by AS By, what AS What, about AS About FROM audit WHERE n < @before ORDER BY n DESC LIMIT @limit", new { before, limit }).AsList();
}

/// <summary>One act.</summary>
public sealed record AuditRow
{
    /// <summary>Its number, rising.</summary>
    public long N { get; init; }

    /// <summary>When.</summary>
    public long AtUnixMilliseconds { get; init; }

    /// <summary>Who.</summary>
    public required string By { get; init; }

    /// <summary>What was done.</summary>
    public required string What { get; init; }

    /// <summary>To whom or what.</summary>
    public required string About { get; init; }
}
