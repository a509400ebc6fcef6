using System.Data.Common;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ledger;

/// <summary>
/// Whether who writes much keeps its jobs short: where receipts wait for the same turn (<see cref="Turn"/>) and batches are coming in. Each who asks has its own.
/// </summary>
internal sealed class Arrivals(Database database)
{
    private long _newest;

    /// <summary>Whether a batch was stored since the last question, and the next one may wait for who asks.</summary>
    public bool AnyMayWait(DbConnection connection)
    {
        if (database.IsShared)
        {
            return false;
        }

        long before = _newest;
        _newest = BacklogStore.Newest(connection);
        return _newest != before;
    }
}
