using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Instances;

/// <summary>The SQL of leases; PostgreSQL only. Times are those of the server's clock.</summary>
internal static class LeaseStore
{
    private const string Now = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

    /// <summary>Whether nobody holds it now.</summary>
    public static bool IsFree(DbConnection connection, string name) =>
        connection.ExecuteScalar<long>($"SELECT count(*) FROM shared_lease WHERE name = @name AND until_ms > {Now}", new { name }) == 0;

    /// <summary>Whether somebody has it, also where it is over and nobody else took it.</summary>
    public static bool IsHeld(DbConnection connection, string name, string holder) =>
        connection.ExecuteScalar<long>("SELECT count(*) FROM shared_lease WHERE name = @name AND holder = @holder", new { name, holder }) == 1;

    /// <summary>Takes it where it is free; false where it is not.</summary>
    public static bool Take(DbConnection connection, string name, string holder, long milliseconds) => connection.Execute(
        $"""
        INSERT INTO shared_lease(name, holder, until_ms) VALUES(@name, @holder, {Now} + @milliseconds)
        ON CONFLICT(name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms WHERE shared_lease.until_ms <= {Now}
        """,
        new { name, holder, milliseconds }) == 1;

    /// <summary>Renews it; false where somebody else has it.</summary>
    public static bool Renew(DbConnection connection, string name, string holder, long milliseconds) =>
        connection.Execute($"UPDATE shared_lease SET until_ms = {Now} + @milliseconds WHERE name = @name AND holder = @holder", new { name, holder, milliseconds }) == 1;

    /// <summary>Lets go of it.</summary>
    public static void GiveBack(DbConnection connection, string name, string holder) =>
        connection.Execute("UPDATE shared_lease SET until_ms = 0 WHERE name = @name AND holder = @holder", new { name, holder });
}
