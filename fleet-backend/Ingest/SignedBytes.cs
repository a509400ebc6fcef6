namespace DePin.Fleet.Ingest;

/// <summary>The signed bytes of a batch, or where they are.</summary>
public sealed record SignedBytes
{
    /// <summary>The file that has the bytes of a batch b where its row m of batch_message is not there.</summary>
    internal const string ArchiveOf = "CASE WHEN m.batch IS NULL THEN (SELECT r.file FROM archive r WHERE b.id BETWEEN r.first_batch AND r.last_batch) END";

    internal const string Select = $"SELECT m.message AS Message, {ArchiveOf} AS Archive FROM batch b LEFT JOIN batch_message m ON m.batch = b.id";

    /// <summary>The bytes; null where an archive has them.</summary>
    public byte[]? Message { get; init; }

    /// <summary>The archive's file that has them, else null.</summary>
    public string? Archive { get; init; }

    /// <summary>The sentence for who asked for what is archived.</summary>
    internal static string Gone(string? archive) =>
        $"The signed bytes are in the archive {archive} and no longer in the database. Ask who keeps the archive; 'tools/depin verify {archive}' checks the file.";
}
