using System.Data.Common;

namespace DePin.Fleet.Storage;

/// <summary>What one request adds to each of its jobs, in the same transaction: either both are stored or neither is.</summary>
internal interface IWriteAlong
{
    /// <summary>Runs before the job's own work, on the writer's thread.</summary>
    void Begin(DbConnection connection);

    /// <summary>The job's transaction was committed.</summary>
    void Committed();
}
