using System.Data.Common;
using System.Diagnostics;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// How many transfers a second the ledger takes, with every invariant on and each commit on the disk; and how many plain rows the same
/// database takes in the same run, as the limit.
/// </summary>
internal static class LedgerBench
{
    // Energy and service, to an operator, a capital builder, and what rounding leaves to the reserve.
    private const int TransfersPerSegment = 6;
    private const int SegmentsPerJob = 512;

    public static object Run(int transfers, string? postgres)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"depin-ledger-{Guid.NewGuid():N}");
        try
        {
            using DataFolder data = DataFolder.Open(folder);
            using Database database = Database.Open(data, TimeProvider.System, postgres);
            using var writer = new StoreWriter(database);
            int segments = Math.Max(1, transfers / TransfersPerSegment);
            Terms[] terms = writer.RunAsync(LedgerBenchStore.Prepare).GetAwaiter().GetResult();
            writer.RunAsync(connection => LedgerBenchStore.Batches(connection, segments)).GetAwaiter().GetResult();
            (double posted, int made) = Transfers(writer, terms[0], segments);
            double settled = Settle(writer);
            double rows = LedgerBenchStore.PlainRows(writer, Math.Min(transfers, 200_000));
            (long sum, _) = Read(database);
            return new
            {
                transfers = made,
                transfersPerSecond = Math.Round(posted),
                postedPerSecond = Math.Round(settled),
                plainRowsPerSecond = Math.Round(rows),
                ratio = Math.Round(posted / rows, 3),
                ledgerSum = sum,
                database = database.Description,
            };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (double PerSecond, int Made) Transfers(StoreWriter writer, Terms terms, int segments)
    {
        LedgerStore? ledger = null;
        var hash = new byte[32];
        long began = Stopwatch.GetTimestamp();
        for (int from = 0; from < segments; from += SegmentsPerJob)
        {
            int first = from;
            writer.RunAsync(connection =>
            {
                ledger ??= new LedgerStore(connection);
                for (int i = first; i < Math.Min(segments, first + SegmentsPerJob); i++)
                {
                    BitConverter.TryWriteBytes(hash, i);
                    var segment = new Segment(0, 11, 12, terms, 1_790_000_000 + (i * 3600L), 3000, 3600, 150_001, 36_001);
                    ledger.Issue(ledger.Add(i + 1, i * 12L, segment), segment, hash, 1);
                }
            }).GetAwaiter().GetResult();
        }

        writer.RunAsync(_ => ledger!.Dispose()).GetAwaiter().GetResult();
        int made = segments * TransfersPerSegment;
        return (made / Stopwatch.GetElapsedTime(began).TotalSeconds, made);
    }

    private static double Settle(StoreWriter writer)
    {
        long began = Stopwatch.GetTimestamp();
        long settled = 0;
        while (writer.RunAsync(connection =>
        {
            IReadOnlyList<PendingRow> pending = SettlementStore.Energy(connection, long.MaxValue, 5000);
            SettlementStore.Settle(connection, pending.Select(row => row.N), isPosted: true, 2);
            return pending.Count;
        }).GetAwaiter().GetResult() is > 0 and var count)
        {
            settled += count;
        }

        return settled / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static (long Sum, long Credited) Read(Database database)
    {
        using DbConnection connection = database.OpenReader();
        return TallyStore.Balances(connection);
    }
}
