namespace DePin.Fleet.Upkeep;

/// <summary>What stands beside a file of an archive, as JSON.</summary>
internal sealed record ArchiveManifest(
    string Format, string File, string Sha256, long Bytes, long Batches, long AfterBatch, long FirstBatch, long LastBatch, long FirstArrivedUnixMilliseconds, long LastArrivedUnixMilliseconds)
{
    /// <summary>The file as it is recorded.</summary>
    public ArchiveRow Row(TimeProvider time) => new()
    {
        FirstBatch = FirstBatch,
        LastBatch = LastBatch,
        File = File,
        Sha256 = Sha256,
        Bytes = Bytes,
        Batches = Batches,
        FirstArrivedUnixMilliseconds = FirstArrivedUnixMilliseconds,
        LastArrivedUnixMilliseconds = LastArrivedUnixMilliseconds,
        MadeUnixMilliseconds = time.GetUtcNow().ToUnixTimeMilliseconds(),
    };
}
