using System.Data.Common;
using DePin.Fleet.Proof;

namespace DePin.Fleet.Upkeep;

/// <summary>Holds the log of proofs against what is stored: whatever was changed after it was logged is named.</summary>
internal static class LogCheck
{
    private const int Chunk = 2000;

    /// <summary>What does not agree.</summary>
    public static IEnumerable<string> Differences(DbConnection connection, Func<long, byte[]?> archived)
    {
        LogHead head = LogStore.Head(connection);
        var unlogged = new Dictionary<string, int>(StringComparer.Ordinal);
        LogHead at = new();
        long contents = 0;
        string[] names = ["batch", "transfer", "event"];
        while (true)
        {
            (List<(byte Kind, byte[] Hash)> entries, LogHead after) = LogStore.Next(connection, at, Chunk, archived);
            foreach ((byte kind, byte[] hash) in entries)
            {
                if (LogStore.Find(connection, hash, head.Size) is null)
                {
                    unlogged[names[kind]] = unlogged.GetValueOrDefault(names[kind]) + 1;
                }
                else
                {
                    contents++;
                }
            }

            if (entries.Count == 0)
            {
                break;
            }

            at = after;
        }

        // What came after the last entry waits for the next round of the log; anything older must be in it.
        (long batches, long transfers, long events) = LogStore.Waiting(connection, head);
        foreach ((string name, int count) in unlogged)
        {
            long waiting = name == "batch" ? batches : name == "transfer" ? transfers : events;
            if (count > waiting)
            {
                yield return $"log: {count - waiting} rows of {name} are not as they were logged";
            }
        }

        if (contents < head.Size)
        {
            yield return $"log: {head.Size - contents} of its {head.Size} entries name nothing that is stored now";
        }

        if (head.Checkpoint is { } note && Checkpoint.Read(note) is { } checkpoint)
        {
            byte[] root = ProofLog.TreeOn(connection).Root(head.Size);
            if (checkpoint.Size != head.Size || !root.AsSpan().SequenceEqual(checkpoint.Root))
            {
                yield return "log: its tiles do not give the root of its last checkpoint";
            }
        }
    }
}
