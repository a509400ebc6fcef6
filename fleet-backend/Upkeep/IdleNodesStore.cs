using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using DePin.Contracts.Identity;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Upkeep;

/// <summary>Rows of nodes that send nothing, all that a registration and a first login leave.</summary>
internal static class IdleNodesStore
{
    // Over two years, and over half of Africa.
    private const int Days = 700;
    private const int Operators = 500;
    private const long SecondsPerDay = 86_400;

    /// <summary>Lets PostgreSQL's index of words gather what comes, and take it in at once in the end. For the connection that adds nodes.</summary>
    public static void Begin(DbConnection connection)
    {
        if (connection.IsPostgres())
        {
            connection.Execute("SET gin_pending_list_limit = '1GB'");
        }
    }

    /// <summary>Stores so many nodes, numbered from one on; a line "node id, blank, password" goes to the writer for each, where there is one.</summary>
    public static void Add(DbConnection connection, int first, int count, DownKeyVault vault, long now, TextWriter? logins)
    {
        long before = connection.ExecuteScalar<long>("SELECT coalesce(max(id), 0) FROM node");
        var random = new Random(first);
        using (var node = PreparedCommand.Of(connection, "INSERT INTO node(node_id, public_key, password_hash, down_key, profile, registered_ms) VALUES($1, $2, $3, $4, $5, $6)", "text bytea bytea bytea bigint bigint"))
        {
            for (int i = 0; i < count; i++)
            {
                byte[] key = [2, .. RandomNumberGenerator.GetBytes(CompressedPoint.Size - 1)];
                NodeId id = NodeId.FromKeyHash(SHA256.HashData(key));
                string password = RandomNumberGenerator.GetHexString(64, lowercase: true);
                logins?.WriteLine($"{id} {password}");
                node.Run(id.ToString(), key, SHA256.HashData(Encoding.ASCII.GetBytes(password)), vault.Encrypt(id, RandomNumberGenerator.GetBytes(32)), 1 + (i % 3), now);
            }

            connection.WriteRows();
        }

        using var pairing = PreparedCommand.Of(
            connection, "INSERT INTO pairing(node, operator, capital_builder, place, latitude, longitude, from_unix) VALUES($1, $2, $3, $4, $5 * 1e-6, $6 * 1e-6, $7)", "bigint text text text bigint bigint bigint");
        using var agreement = PreparedCommand.Of(
            connection, "INSERT INTO agreement(node, from_unix, operator_basis_points, capital_builder_basis_points, manager_basis_points, reserve_basis_points) VALUES($1, 0, 7000, 3000, 0, 0)", "bigint");
        using var decided = PreparedCommand.Of(connection, "INSERT INTO event(at_ms, kind, node, by, content) VALUES($1, $2, $3, 'idle-fund', $4)", "bigint text bigint text");
        using var chain = PreparedCommand.Of(connection, "INSERT INTO chain(node, next, head, harvested, delivered, imported, reserved) VALUES($1, 1, $2, 0, 0, 0, $3)", "bigint bytea bigint");
        byte[] head = new byte[32];
        foreach ((long row, string nodeId, byte[] key, long profile) in connection.Query<(long, string, byte[], long)>(
            "SELECT id, node_id, public_key, profile FROM node WHERE id > @before ORDER BY id", new { before }).AsList())
        {
            long from = (now / 1000) - ((1 + (row % Days)) * SecondsPerDay);
            pairing.Run(row, $"operator-{row % Operators}", "idle-fund", $"Village {row % 40_000}, house {row}", (long)random.Next(-12_000_000, 12_000_000), (long)random.Next(10_000_000, 38_000_000), from);
            agreement.Run(row);
            decided.Run(now, "registered", row, $$"""{"nodeId":"{{nodeId}}","publicKey":"{{Convert.ToHexStringLower(key)}}","profile":{{profile}},"operator":"operator-{{row % Operators}}","capitalBuilder":"idle-fund","fromUnixSeconds":{{from}}}""");
            decided.Run(now, "agreement", row, $$$"""{"fromUnixSeconds":0,"agreement":{"operatorBasisPoints":7000,"capitalBuilderBasisPoints":3000},"nodeId":"{{{nodeId}}}"}""");
            chain.Run(row, head, now * 1000);
        }

        connection.WriteRows();
    }

    /// <summary>Nobody is told of these registrations any more.</summary>
    public static void Finish(DbConnection connection) => connection.Execute("UPDATE notice_cursor SET at = (SELECT coalesce(max(n), 0) FROM event) WHERE source = 'event'");

    /// <summary>
    /// Lets the database count what it plans by. PostgreSQL clears up as well, which it would do by itself while others are measured; there it takes a connection without a
    /// transaction.
    /// </summary>
    public static void Settle(DbConnection connection) => connection.Execute(connection.IsPostgres() ? "VACUUM (ANALYZE)" : "ANALYZE;");
}
