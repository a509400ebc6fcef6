using System.Buffers.Binary;
using System.Security.Cryptography;
using Dapper;
using DePin.Contracts.Identity;
using DePin.Fleet.Nodes;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Upkeep;

/// <summary>Rows for measuring rollouts.</summary>
internal static class WaveBenchStore
{
    /// <summary>Stores so many lamps that run something; their keys are none.</summary>
    public static IReadOnlyList<RegisteredNode> Nodes(SqliteConnection connection, int count)
    {
        var nodes = new List<RegisteredNode>(count);
        using SqliteCommand insert = connection.CreateCommand();
        insert.CommandText =
            "INSERT INTO node(node_id, public_key, password_hash, down_key, profile, registered_ms) VALUES($id, zeroblob(33), zeroblob(32), zeroblob(60), 1, 0) RETURNING id";
        SqliteParameter name = insert.Parameters.Add("$id", SqliteType.Text);
        byte[] number = new byte[sizeof(int)];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(number, i);
            NodeId id = NodeId.FromKeyHash(SHA256.HashData(number));
            name.Value = id.ToString();
            nodes.Add(new RegisteredNode { RowId = (long)insert.ExecuteScalar()!, Id = id, IdText = id.ToString(), PublicKey = [], PasswordHash = [], DownKey = [], Profile = 1 });
        }

        connection.Execute("INSERT INTO node_update(node, firmware, firmware_ms) SELECT id, '0102030405060708', 0 FROM node");
        return nodes;
    }

    /// <summary>Bytes of the database.</summary>
    public static long Bytes(SqliteConnection connection) => connection.ExecuteScalar<long>("PRAGMA page_count") * connection.ExecuteScalar<long>("PRAGMA page_size");
}
