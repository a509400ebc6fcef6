using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using DePin.Contracts.Uplink;

namespace DePin.Fleet.Ingest;

/// <summary>
/// Keeps the beginning of messages that were refused for their bytes, so that somebody can find out why; bounded for each node and in
/// all, so that nobody can fill the disk with rubbish. For the store writer's thread.
/// </summary>
internal sealed class QuarantineStore
{
    private const int EntriesPerNodeAndDay = 16;
    private const int EntriesPerNode = 64;
    private const int BytesPerNode = 64 * 1024;
    private const int BytesPerEntry = BytesPerNode / EntriesPerNodeAndDay;
    private const long BytesInAll = 256L * 1024 * 1024;
    private const long MillisecondsPerDay = 86_400_000;

    // Null until asked, and again after a failed commit.
    private long? _bytesInAll;

    /// <summary>A commit failed: what was counted may not be there.</summary>
    public void Recount() => _bytesInAll = null;

    /// <summary>Keeps the beginning of a message unless its node has had its share today.</summary>
    public void Keep(DbConnection connection, Incoming incoming, RejectReason reason)
    {
        long node = incoming.Node.RowId;
        long day = incoming.ArrivedUnixMilliseconds / MillisecondsPerDay;
        if (connection.ExecuteScalar<long>("SELECT count(*) FROM quarantine WHERE node = @node AND day = @day", new { node, day }) >= EntriesPerNodeAndDay)
        {
            return;
        }

        byte[] first = incoming.Message.AsSpan(0, Math.Min(incoming.Message.Length, BytesPerEntry)).ToArray();
        connection.Execute(
            """
            INSERT INTO quarantine(node, day, reason, arrived_ms, message_hash, message_bytes, first_bytes)
            VALUES(@node, @day, @reason, @arrived, @hash, @bytes, @first)
            """,
            new { node, day, reason = (int)reason, arrived = incoming.ArrivedUnixMilliseconds, hash = SHA256.HashData(incoming.Message), bytes = incoming.Message.Length, first });
        _bytesInAll = _bytesInAll is { } known
            ? known + first.Length
            : connection.ExecuteScalar<long>("SELECT coalesce(sum(length(first_bytes)), 0) FROM quarantine");
        ForgetOldestOf(connection, node);
        ForgetOldest(connection);
    }

    private void ForgetOldestOf(DbConnection connection, long node)
    {
        (long Id, long Bytes)[] entries =
            [.. connection.Query<(long, long)>("SELECT id, length(first_bytes) FROM quarantine WHERE node = @node ORDER BY id DESC", new { node })];
        long kept = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            kept += entries[i].Bytes;
            if (i >= EntriesPerNode || kept > BytesPerNode)
            {
                Forget(connection, entries[i].Id, entries[i].Bytes);
            }
        }
    }

    private void ForgetOldest(DbConnection connection)
    {
        while (_bytesInAll > BytesInAll
            && connection.QueryFirstOrDefault<(long Id, long Bytes)?>("SELECT id, length(first_bytes) FROM quarantine ORDER BY id LIMIT 1") is { } oldest)
        {
            Forget(connection, oldest.Id, oldest.Bytes);
        }
    }

    private void Forget(DbConnection connection, long id, long bytes)
    {
        connection.Execute("DELETE FROM quarantine WHERE id = @id", new { id });
        _bytesInAll -= bytes;
    }
}
