using System.Data.Common;
using System.Diagnostics;
using System.Security.Cryptography;
using Dapper;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Upkeep;

/// <summary>What the ledger's bench stands on: a node, its terms, funds, and rows of batches without content.</summary>
internal static class LedgerBenchStore
{
    /// <summary>Makes node, terms and funds.</summary>
    public static Terms[] Prepare(DbConnection connection)
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
    public static void Batches(DbConnection connection, int count)
    {
        using var insert = PreparedCommand.Of(connection, "INSERT INTO batch(node, sequence, next_sequence, payload_hash, arrived_ms) VALUES(1, $1, $2, $3, 1)", "bigint bigint bytea");
        for (long i = 1; i <= count; i++)
        {
            insert.Run(i * 12, (i * 12) + 12, RandomNumberGenerator.GetBytes(32));
        }

        connection.WriteRows();
    }

    /// <summary>Rows a second into a table with one unique index and nothing else to keep.</summary>
    public static double PlainRows(StoreWriter writer, int count)
    {
        writer.RunAsync(connection => connection.Execute("CREATE TABLE plain(id BYTEA NOT NULL UNIQUE, debit BIGINT, credit BIGINT, amount BIGINT)")).GetAwaiter().GetResult();
        long began = Stopwatch.GetTimestamp();
        const int PerJob = 2048;
        for (int from = 0; from < count; from += PerJob)
        {
            writer.RunAsync(connection =>
            {
                using var command = PreparedCommand.Of(connection, "INSERT INTO plain(id, debit, credit, amount) VALUES($1, 2, 6, 1)", "bytea");
                for (int i = 0; i < PerJob; i++)
                {
                    command.Run(RandomNumberGenerator.GetBytes(32));
                }

                connection.WriteRows();
            }).GetAwaiter().GetResult();
        }

        return (count + PerJob - 1) / PerJob * PerJob / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
