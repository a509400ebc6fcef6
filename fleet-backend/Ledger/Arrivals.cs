using System.Data.Common;

namespace DePin.Fleet.Ledger;

/// <summary>Whether batches are coming in, at whichever instance: then who writes much keeps its jobs short, since receipts wait for the same turn. Each who asks has its own.</summary>
internal sealed class Arrivals
{
    private long _newest;

    /// <summary>Whether one was stored since the last question.</summary>
    public bool AnySince(DbConnection connection)
    {
        long before = _newest;
        _newest = BacklogStore.Newest(connection);
        return _newest != before;
    }
}
