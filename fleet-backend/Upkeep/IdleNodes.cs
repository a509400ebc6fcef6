using System.Data.Common;
using System.Diagnostics;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Proof;
using DePin.Fleet.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// Registers nodes by the hundred thousand in a data folder, so that others can be measured beside them: paired, agreed on, in the log of proofs, each with
/// a place in the chain as after its first login. Nobody holds their keys: those are random, and no point of the curve but by chance. They can log in where a file takes
/// their passwords.
/// </summary>
internal static class IdleNodes
{
    // Pairings count in rows that many nodes share, and PostgreSQL looks through all that a transaction made of a row.
    internal const int NodesPerJob = 2000;
    private const int NodesPerWord = 100_000;

    public static object Run(string path, int nodes, string? logins, Action<string> say) => RunAsync(path, nodes, logins, say).GetAwaiter().GetResult();

    private static async Task<object> RunAsync(string path, int nodes, string? logins, Action<string> say)
    {
        long began = Stopwatch.GetTimestamp();
        using DataFolder folder = DataFolder.Open(path);
        using var database = Database.Open(folder, TimeProvider.System);
        using var writer = new StoreWriter(database);
        using DownKeyVault vault = DownKeyVault.Open(folder, await writer.RunAsync(NodeStore.HasAny));
        long before = await writer.RunAsync(connection => connection.Bytes());
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        using StreamWriter? file = logins is null ? null : new StreamWriter(DataFolder.CreatePrivateFile(logins));
        await writer.RunAsync(IdleNodesStore.Begin);
        for (int first = 0; first < nodes; first += NodesPerJob)
        {
            await writer.RunAsync(connection => IdleNodesStore.Add(connection, first, Math.Min(NodesPerJob, nodes - first), vault, now, file));
            if ((first + NodesPerJob) % NodesPerWord == 0)
            {
                say($"{first + NodesPerJob} of {nodes} idle nodes");
            }
        }

        using var log = new ProofLog(folder, database, writer, new FleetSettings { DataFolder = path }, new PayoutLock(), NullLogger<ProofLog>.Instance);
        while (await log.AppendAsync())
        {
            // Until their events are in it: this is done long before a fleet has so many nodes.
        }

        await writer.RunAsync(IdleNodesStore.Finish);
        if (database is PostgresDatabase postgres)
        {
            using DbConnection alone = postgres.OpenAlone();
            IdleNodesStore.Settle(alone);
        }
        else
        {
            await writer.RunAsync(IdleNodesStore.Settle);
        }

        long bytes = await writer.RunAsync(connection => connection.Bytes()) - before;
        return new { nodes, seconds = Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 1), databaseMb = bytes / 1024 / 1024, databaseBytesPerNode = bytes / nodes };
    }
}
