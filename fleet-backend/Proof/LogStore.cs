using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Proof;

/// <summary>The SQL of the log of proofs.</summary>
internal static class LogStore
{
    /// <summary>Where the log stands.</summary>
    public static LogHead Head(DbConnection connection) => connection.QuerySingle<LogHead>(
        "SELECT size AS Size, batch AS Batch, transfer AS Transfer, event AS Event, checkpoint AS Checkpoint, cosigned AS Cosigned FROM log_head");

    /// <summary>Entries that are to be appended: what was stored since, each source in its order.</summary>
    /// <param name="connection">Reads.</param>
    /// <param name="head">Since when.</param>
    /// <param name="limit">How many of each source, at most.</param>
    /// <param name="archived">For who checks the log: gives the bytes of a batch that are no longer in the database, or null. What is still to be logged always is there.</param>
    /// <exception cref="InvalidDataException">The bytes of a batch are missing, and nobody gives them.</exception>
    public static (List<(byte Kind, byte[] Hash)> Entries, LogHead After) Next(DbConnection connection, LogHead head, int limit, Func<long, byte[]?>? archived = null)
    {
        var entries = new List<(byte, byte[])>();
        foreach ((long id, byte[]? stored) in connection.Query<(long, byte[]?)>(
            "SELECT b.id, (SELECT m.message FROM batch_message m WHERE m.batch = b.id AND m.batch > @Batch) FROM batch b WHERE b.id > @Batch ORDER BY b.id LIMIT @limit", new { head.Batch, limit }))
        {
            byte[] message = stored ?? (archived is null ? throw new InvalidDataException($"the signed bytes of batch {id} are missing") : archived(id) ?? []);
            entries.Add((LogContent.Batch, SHA256.HashData(message)));
            head = head with { Batch = id };
        }

        foreach (TransferContent transfer in connection.Query<TransferContent>(
            $"{TransferContent.Select} WHERE t.n > @Transfer ORDER BY t.n LIMIT @limit", new { head.Transfer, limit }))
        {
            entries.Add((LogContent.Transfer, SHA256.HashData(transfer.Bytes())));
            head = head with { Transfer = transfer.N };
        }

        foreach ((long n, string kind, long at, string by, string content) in connection.Query<(long, string, long, string, string)>(
            "SELECT n, kind, at_ms, by, content FROM event WHERE n > @Event ORDER BY n LIMIT @limit", new { head.Event, limit }))
        {
            entries.Add((LogContent.Event, SHA256.HashData(LogContent.OfEvent(kind, at, by, content))));
            head = head with { Event = n };
        }

        return (entries, head with { Size = head.Size + entries.Count });
    }

    /// <summary>How many rows of each source are not in the log yet.</summary>
    public static (long Batches, long Transfers, long Events) Waiting(DbConnection connection, LogHead head) => connection.QuerySingle<(long, long, long)>(
        "SELECT (SELECT count(*) FROM batch WHERE id > @Batch), (SELECT count(*) FROM transfer WHERE n > @Transfer), (SELECT count(*) FROM event WHERE n > @Event)", head);

    /// <summary>Stores entries.</summary>
    public static void Insert(DbConnection connection, IReadOnlyList<(byte Kind, byte[] Hash)> entries, long from)
    {
        using var command = PreparedCommand.Of(connection, "INSERT INTO log_entry(n, kind, hash) VALUES($1, $2, $3)", "bigint bigint bytea");
        for (int i = 0; i < entries.Count; i++)
        {
            command.Run(from + i, (long)entries[i].Kind, entries[i].Hash);
        }

        connection.WriteRows();
    }

    /// <summary>A tile's hashes, or null.</summary>
    public static byte[]? Tile(DbConnection connection, int level, long n) =>
        connection.ExecuteScalar<byte[]?>("SELECT hashes FROM log_tile WHERE level = @level AND n = @n", new { level, n });

    /// <summary>Stores a tile.</summary>
    public static void SaveTile(DbConnection connection, int level, long n, byte[] hashes) =>
        connection.Execute(
            "INSERT INTO log_tile(level, n, hashes) VALUES(@level, @n, @hashes) ON CONFLICT(level, n) DO UPDATE SET hashes = excluded.hashes", new { level, n, hashes });

    /// <summary>Stores where the log stands now.</summary>
    public static void SaveHead(DbConnection connection, LogHead head) =>
        connection.Execute("UPDATE log_head SET size = @Size, batch = @Batch, transfer = @Transfer, event = @Event, checkpoint = @Checkpoint", head);

    /// <summary>Stores a checkpoint with the signatures of witnesses.</summary>
    public static void SaveCosigned(DbConnection connection, string note) => connection.Execute("UPDATE log_head SET cosigned = @note", new { note });

    /// <summary>Entries from one on.</summary>
    public static IReadOnlyList<(long Kind, byte[] Hash)> Entries(DbConnection connection, long from, int count) =>
        connection.Query<(long, byte[])>("SELECT kind, hash FROM log_entry WHERE n >= @from AND n < @from + @count ORDER BY n", new { from, count }).AsList();

    /// <summary>Where a content's hash stands in the log, below a size; null where it does not.</summary>
    public static long? Find(DbConnection connection, byte[] hash, long size) =>
        connection.ExecuteScalar<long?>("SELECT min(n) FROM log_entry WHERE hash = @hash AND n < @size", new { hash, size });
}

/// <summary>Where the log stands: its size, the last row of each source in it, the last checkpoint.</summary>
internal sealed record LogHead
{
    public long Size { get; init; }

    public long Batch { get; init; }

    public long Transfer { get; init; }

    public long Event { get; init; }

    public string? Checkpoint { get; init; }

    /// <summary>The last one that witnesses signed too, with their signatures.</summary>
    public string? Cosigned { get; init; }

    /// <summary>The same log as it was when witnesses signed it last; as it is where none ever did.</summary>
    public LogHead AsWitnessed() => Cosigned is { } note ? this with { Checkpoint = note, Size = Proof.Checkpoint.Read(note)!.Size } : this;
}

/// <summary>A transfer with what its content names.</summary>
internal sealed record TransferContent
{
    public const string Select =
        """
        SELECT t.n AS N, t.id AS Id, t.kind AS Kind, d.name AS Debit, c.name AS Credit, t.amount_micro AS AmountMicro, t.segment AS Segment,
            coalesce(t.reference, lower(hex(b.payload_hash))) AS Source
        FROM transfer t JOIN account d ON d.id = t.debit JOIN account c ON c.id = t.credit LEFT JOIN segment s ON s.id = t.segment LEFT JOIN batch b ON b.id = s.batch
        """;

    public long N { get; init; }

    public required byte[] Id { get; init; }

    public required string Kind { get; init; }

    public required string Debit { get; init; }

    public required string Credit { get; init; }

    public long AmountMicro { get; init; }

    public long? Segment { get; init; }

    public required string Source { get; init; }

    public byte[] Bytes() => LogContent.OfTransfer(Id, Kind, Debit, Credit, AmountMicro, Source);
}
