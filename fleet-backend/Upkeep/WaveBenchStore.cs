using System.Buffers.Binary;
using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using DePin.Contracts.Identity;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Upkeep;

/// <summary>Rows for measuring rollouts.</summary>
internal static class WaveBenchStore
{
    /// <summary>Stores so many lamps that run something; their keys are none.</summary>
    public static IReadOnlyList<RegisteredNode> Nodes(DbConnection connection, int count)
    {
        var nodes = new List<RegisteredNode>(count);
        byte[] number = new byte[sizeof(int)];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(number, i);
            NodeId id = NodeId.FromKeyHash(SHA256.HashData(number));
            long row = connection.ExecuteScalar<long>(
                "INSERT INTO node(node_id, public_key, password_hash, down_key, profile, registered_ms) VALUES(@id, @key, @hash, @down, 1, 0) RETURNING id",
                new { id = id.ToString(), key = new byte[33], hash = new byte[32], down = new byte[60] });
            nodes.Add(new RegisteredNode { RowId = row, Id = id, IdText = id.ToString(), PublicKey = [], PasswordHash = [], DownKey = [], Profile = 1 });
        }

        connection.Execute("INSERT INTO node_update(node, firmware, firmware_ms) SELECT id, '0102030405060708', 0 FROM node");
        return nodes;
    }
}
