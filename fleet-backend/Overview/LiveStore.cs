using System.Data.Common;
using Dapper;
using DePin.Contracts.Metering;
using DePin.Fleet.Ledger;

namespace DePin.Fleet.Overview;

/// <summary>Reads what open pages are told of batches that another instance booked.</summary>
internal static class LiveStore
{
    /// <summary>The batches after one and up to another, in the order of their arrival.</summary>
    public static IReadOnlyList<LiveNode> Booked(DbConnection connection, long after, long upTo) =>
        [.. connection.Query<(long Id, long Node, long Arrived, byte[] Message, string NodeId, long Readings, long Credited, long Held, long Refused)>(
            """
            SELECT b.id, b.node, b.arrived_ms, m.message, n.node_id, v.readings, v.credited, v.held, v.refused
            FROM batch b JOIN batch_message m ON m.batch = b.id AND m.batch > @after AND m.batch <= @upTo JOIN verdict v ON v.batch = b.id JOIN node n ON n.id = b.node WHERE b.id > @after AND b.id <= @upTo ORDER BY b.id
            """,
            new { after, upTo }).Select(row =>
            {
                Batch batch = new StoredBatch(row.Id, row.Node, row.Arrived, false, [], row.Message).Decode();
                return new LiveNode(
                    row.NodeId, row.Arrived, batch.NextSequence - 1, batch.Readings[^1].BatteryPermille, batch.Readings.Sum(reading => reading.HarvestedMilliwattHours),
                    batch.Readings.Sum(reading => reading.DeliveredMilliwattHours), (int)row.Readings, (int)row.Credited, (int)row.Held, (int)row.Refused);
            })];
}
