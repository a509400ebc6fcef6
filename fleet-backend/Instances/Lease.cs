using System.Data.Common;
using Dapper;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Instances;

/// <summary>
/// Which instance does for all what must be done once. It is taken in the writers' turn, and whoever had it before can commit nothing under it after that:
/// each of its jobs asks first. Times are those of the database's clock.
/// </summary>
internal sealed class Lease(string name, string holder) : IWriteAlong
{
    /// <summary>How long it is good for without being renewed.</summary>
    public static readonly TimeSpan Term = TimeSpan.FromSeconds(8);

    private const string Now = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

    /// <summary>Whether nobody holds it now.</summary>
    public bool IsFree(DbConnection connection) =>
        connection.ExecuteScalar<long>($"SELECT count(*) FROM shared_lease WHERE name = @name AND until_ms > {Now}", new { name }) == 0;

    /// <summary>Takes it where it is free, inside a job of the writer; false where somebody was faster.</summary>
    public bool Take(DbConnection connection) => connection.Execute(
        $"""
        INSERT INTO shared_lease(name, holder, until_ms) VALUES(@name, @holder, {Now} + @term)
        ON CONFLICT(name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms WHERE shared_lease.until_ms <= {Now}
        """,
        new { name, holder, term = (long)Term.TotalMilliseconds }) == 1;

    /// <summary>Renews it, outside of the writers' turn; false where somebody else has it.</summary>
    public bool Renew(DbConnection connection) => connection.Execute(
        $"UPDATE shared_lease SET until_ms = {Now} + @term WHERE name = @name AND holder = @holder", new { name, holder, term = (long)Term.TotalMilliseconds }) == 1;

    /// <summary>Gives it back, so that nobody has to wait for its end.</summary>
    public void GiveBack(DbConnection connection) => connection.Execute("UPDATE shared_lease SET until_ms = 0 WHERE name = @name AND holder = @holder", new { name, holder });

    /// <inheritdoc />
    public void Begin(DbConnection connection)
    {
        if (connection.ExecuteScalar<long>("SELECT count(*) FROM shared_lease WHERE name = @name AND holder = @holder", new { name, holder }) == 0)
        {
            throw new LeaseLostException();
        }
    }

    /// <inheritdoc />
    public void Committed()
    {
    }
}

/// <summary>Another instance does this now; nothing of the job was stored. A duty ends by it, as by being stopped.</summary>
internal sealed class LeaseLostException() : OperationCanceledException("another instance does this now; nothing of it was stored here");
