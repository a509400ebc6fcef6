using System.Data.Common;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Instances;

/// <summary>
/// Which instance does for all what must be done once. It is taken in the books' turn, and whoever had it before can commit nothing under it after that:
/// each of its jobs asks first. Times are those of the database's clock.
/// </summary>
internal sealed class Lease(string name, string holder) : IWriteAlong
{
    /// <summary>How long it is good for without being renewed.</summary>
    public static readonly TimeSpan Term = TimeSpan.FromSeconds(8);

    /// <summary>Whether nobody holds it now.</summary>
    public bool IsFree(DbConnection connection) => LeaseStore.IsFree(connection, name);

    /// <summary>Takes it where it is free, inside a job of the writer; false where somebody was faster.</summary>
    public bool Take(DbConnection connection) => LeaseStore.Take(connection, name, holder, (long)Term.TotalMilliseconds);

    /// <summary>Renews it, outside of the books' turn; false where somebody else has it.</summary>
    public bool Renew(DbConnection connection) => LeaseStore.Renew(connection, name, holder, (long)Term.TotalMilliseconds);

    /// <summary>Gives it back, so that nobody has to wait for its end.</summary>
    public void GiveBack(DbConnection connection) => LeaseStore.GiveBack(connection, name, holder);

    /// <inheritdoc />
    public void Begin(DbConnection connection)
    {
        if (!LeaseStore.IsHeld(connection, name, holder))
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
