using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Api;

/// <summary>Writes that people and their programs asked for, and the idempotency keys of a day.</summary>
internal static class WriteStore
{
    /// <summary>How long a key is kept.</summary>
    public const long KeptMilliseconds = 86_400_000;

    /// <summary>Records a write; its number.</summary>
    public static long Insert(DbConnection connection, WriteFacts write, int? status) => connection.ExecuteScalar<long>(
        """
        INSERT INTO api_write(at_ms, person, token, method, route, about, status)
        VALUES(@AtUnixMilliseconds, @Person, @Token, @Method, @Route, @About, @status) RETURNING n
        """,
        new { write.AtUnixMilliseconds, write.Person, write.Token, write.Method, write.Route, write.About, status });

    /// <summary>Notes how it ended.</summary>
    public static void End(DbConnection connection, long n, int status) => connection.Execute("UPDATE api_write SET status = @status WHERE n = @n", new { n, status });

    /// <summary>Writes before one, newest first.</summary>
    public static IReadOnlyList<WriteView> Page(DbConnection connection, long before, int limit) => connection.Query<WriteView>(
        """
        SELECT w.n AS N, w.at_ms AS AtUnixMilliseconds, p.name AS By, w.token AS Token, t.label AS TokenLabel, w.method AS Method, w.route AS Route, w.about AS About, w.status AS Status
        FROM api_write w JOIN person p ON p.id = w.person LEFT JOIN api_token t ON t.id = w.token WHERE w.n < @before ORDER BY w.n DESC LIMIT @limit
        """,
        new { before, limit }).AsList();

    /// <summary>A key that was used within a day, or null.</summary>
    public static KeyUse? Find(DbConnection connection, long person, byte[] keyHash, long nowUnixMilliseconds) => connection.QuerySingleOrDefault<KeyUse>(
        "SELECT content_hash AS ContentHash, answer AS Answer FROM api_key_use WHERE person = @person AND key_hash = @keyHash AND made_ms > @since",
        new { person, keyHash, since = nowUnixMilliseconds - KeptMilliseconds });

    /// <summary>How many keys of a person are kept.</summary>
    public static long Count(DbConnection connection, long person, long nowUnixMilliseconds) =>
        connection.ExecuteScalar<long>("SELECT count(*) FROM api_key_use WHERE person = @person AND made_ms > @since", new { person, since = nowUnixMilliseconds - KeptMilliseconds });

    /// <summary>Takes a key, and forgets those that are over a day old; false where it is taken.</summary>
    public static bool Take(DbConnection connection, long person, byte[] keyHash, byte[] contentHash, long nowUnixMilliseconds)
    {
        connection.Execute("DELETE FROM api_key_use WHERE made_ms <= @since", new { since = nowUnixMilliseconds - KeptMilliseconds });
        return connection.Execute(
            "INSERT INTO api_key_use(person, key_hash, content_hash, made_ms) VALUES(@person, @keyHash, @contentHash, @nowUnixMilliseconds) ON CONFLICT(person, key_hash) DO NOTHING",
            new { person, keyHash, contentHash, nowUnixMilliseconds }) == 1;
    }

    /// <summary>Keeps what was answered; also of a request that stored nothing, which has taken no key.</summary>
    public static void Keep(DbConnection connection, long person, byte[] keyHash, byte[] contentHash, byte[] answer, long nowUnixMilliseconds) => connection.Execute(
        """
        INSERT INTO api_key_use(person, key_hash, content_hash, made_ms, answer) VALUES(@person, @keyHash, @contentHash, @nowUnixMilliseconds, @answer)
        ON CONFLICT(person, key_hash) DO UPDATE SET content_hash = excluded.content_hash, made_ms = excluded.made_ms, answer = excluded.answer
        """,
        new { person, keyHash, contentHash, answer, nowUnixMilliseconds });
}

/// <summary>What is known of a write before it is done.</summary>
internal sealed record WriteFacts(long AtUnixMilliseconds, long Person, long? Token, string Method, string Route, string About);

/// <summary>A key that was used: what for, and what was answered; null where the backend stopped before it answered.</summary>
internal sealed record KeyUse
{
    public required byte[] ContentHash { get; init; }

    public byte[]? Answer { get; init; }
}

/// <summary>A write that somebody asked for.</summary>
public sealed record WriteView
{
    /// <summary>Its number, rising.</summary>
    public long N { get; init; }

    /// <summary>When.</summary>
    public long AtUnixMilliseconds { get; init; }

    /// <summary>Who.</summary>
    public required string By { get; init; }

    /// <summary>By which token; null for a session in a browser.</summary>
    public long? Token { get; init; }

    /// <summary>What that token is for.</summary>
    public string? TokenLabel { get; init; }

    /// <summary>POST or PUT.</summary>
    public required string Method { get; init; }

    /// <summary>The route's pattern.</summary>
    public required string Route { get; init; }

    /// <summary>Ids in its path, with a space between them.</summary>
    public required string About { get; init; }

    /// <summary>Status of the answer: below 300 it was done; null where the backend stopped before it answered.</summary>
    public int? Status { get; init; }
}
