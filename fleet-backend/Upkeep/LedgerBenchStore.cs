using System.Diagnostics;
using Dapper;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Upkeep;

/// <summary>What the ledger's bench stands on: a node, its terms, funds, and rows of batches without content.</summary>
internal static class LedgerBenchStore
{
    /// <summary>Makes node, terms and funds.</summary>
    public static Terms[] Prepare(SqliteConnection connection)
    {
        long node = NodeStore.Insert(connection, new NodeRow
        {
            NodeId = "benchbenchbenchb",
            PublicKey = new byte[33],
            PasswordHash = new byte[32],
            SealedDownKey = new byte[60],
            Profile = 1,
            RegisteredMs = 0,
            Operator = "operator",
            CapitalBuilder = "builder",
            Place = "bench",
            Latitude = 0,
            Longitude = 0,
            FromUnix = 0,
        });
        AgreementStore.Insert(connection, node, new Agreement(7000, 3000), 0, 0, "bench");
        TariffStore.Adopt(connection, new CreditingSettings(), 0);
        LedgerStore.Fund(connection, "bench", 1_000_000_000_000_000_000, 0);
        return [.. BacklogStore.File(connection, node).Terms];
    }

    /// <summary>Makes rows that segments refer to.</summary>
    public static void Batches(SqliteConnection connection, int count) => connection.Execute(
        """
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < @count)
        INSERT INTO batch(node, sequence, next_sequence, payload_hash, arrived_ms, message) SELECT 1, n * 12, n * 12 + 12, randomblob(32), 1, x'00' FROM numbers
        """,
        new { count });

    /// <summary>Rows a second into a table with one unique index and nothing else to keep.</summary>
    public static double PlainRows(StoreWriter writer, int count)
    {
        writer.RunAsync(connection => connection.Execute("CREATE TABLE plain(n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, debit INTEGER, credit INTEGER, amount INTEGER)")).GetAwaiter().GetResult();
        long began = Stopwatch.GetTimestamp();
        const int PerJob = 2048;
        for (int from = 0; from < count; from += PerJob)
        {
            writer.RunAsync(connection =>
            {
                using SqliteCommand command = connection.CreateCommand();
                command.CommandText = "INSERT INTO plain(id, debit, credit, amount) VALUES(randomblob(32), 2, 6, 1)";
                for (int i = 0; i < PerJob; i++)
                {
                    command.ExecuteNonQuery();
                }
            }).GetAwaiter().GetResult();
        }

        return (count + PerJob - 1) / PerJob * PerJob / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
