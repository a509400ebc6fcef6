using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Instances;

/// <summary>The SQL of what instances share of their keys; PostgreSQL only.</summary>
internal static class SharedKeyStore
{
    /// <summary>Notes the hash of a key file where none is noted, and answers the one that is.</summary>
    public static byte[] Note(DbConnection connection, string name, byte[] hash)
    {
        connection.Execute("INSERT INTO shared_key(name, hash) VALUES(@name, @hash) ON CONFLICT DO NOTHING", new { name, hash });
        return connection.ExecuteScalar<byte[]>("SELECT hash FROM shared_key WHERE name = @name", new { name })!;
    }

    /// <summary>The encrypted session keys, oldest first.</summary>
    public static IReadOnlyList<byte[]> SessionKeys(DbConnection connection) => connection.Query<byte[]>("SELECT content FROM shared_session_key ORDER BY id").AsList();

    /// <summary>Adds one.</summary>
    public static void AddSessionKey(DbConnection connection, byte[] content) => connection.Execute("INSERT INTO shared_session_key(content) VALUES(@content)", new { content });
}
