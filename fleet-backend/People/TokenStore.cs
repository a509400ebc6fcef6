using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;

namespace DePin.Fleet.People;

/// <summary>API tokens. Only their hashes are kept: a token is shown once.</summary>
internal static class TokenStore
{
    /// <summary>What every token begins with, so that one that leaked is recognised.</summary>
    public const string Prefix = "depin_";

    private const int SecretBytes = 32;

    /// <summary>Makes a token; the text, which is not stored.</summary>
    public static string Make(DbConnection connection, long person, string label, Roles roles, bool isReadOnly, int perMinute, long nowUnixMilliseconds, long endsUnixMilliseconds)
    {
        string text = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));
        connection.Execute(
            """
            INSERT INTO api_token(person, label, hash, roles, is_read_only, per_minute, made_ms, ends_ms)
            VALUES(@person, @label, @hash, @roles, @isReadOnly, @perMinute, @nowUnixMilliseconds, @endsUnixMilliseconds)
            """,
            new { person, label, hash = HashOf(text), roles, isReadOnly, perMinute, nowUnixMilliseconds, endsUnixMilliseconds });
        return text;
    }

    /// <summary>The token of a text, with what its person may do now; null where it ended, was revoked, or never was.</summary>
    public static TokenRow? Find(DbConnection connection, string text, long nowUnixMilliseconds) => connection.QuerySingleOrDefault<TokenRow>(
        $"{Columns} WHERE t.hash = @hash AND t.revoked_ms IS NULL AND t.ends_ms > @nowUnixMilliseconds AND p.closed_ms IS NULL", new { hash = HashOf(text), nowUnixMilliseconds });

    /// <summary>A person's tokens that were not revoked, newest first.</summary>
    public static IReadOnlyList<TokenRow> OfPerson(DbConnection connection, long person, int limit = 200, long before = long.MaxValue) =>
        connection.Query<TokenRow>($"{Columns} WHERE t.person = @person AND t.revoked_ms IS NULL AND t.id < @before ORDER BY t.id DESC LIMIT @limit", new { person, limit, before }).AsList();

    /// <summary>Ends one token of a person; false where there is none.</summary>
    public static bool Revoke(DbConnection connection, long person, long id, long nowUnixMilliseconds) =>
        connection.Execute("UPDATE api_token SET revoked_ms = @nowUnixMilliseconds WHERE id = @id AND person = @person AND revoked_ms IS NULL", new { person, id, nowUnixMilliseconds }) == 1;

    /// <summary>Ends all tokens of a person.</summary>
    public static int RevokeAll(DbConnection connection, long person, long nowUnixMilliseconds) =>
        connection.Execute("UPDATE api_token SET revoked_ms = @nowUnixMilliseconds WHERE person = @person AND revoked_ms IS NULL", new { person, nowUnixMilliseconds });

    private const string Columns =
        """
        SELECT t.id AS Id, t.person AS PersonId, p.name AS PersonName, p.roles AS PersonRoles, t.label AS Label, t.roles AS Roles, t.is_read_only AS IsReadOnly, t.per_minute AS PerMinute,
            t.made_ms AS MadeUnixMilliseconds, t.ends_ms AS EndsUnixMilliseconds FROM api_token t JOIN person p ON p.id = t.person
        """;

    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}

/// <summary>A token as stored.</summary>
internal sealed record TokenRow
{
    public long Id { get; init; }

    public long PersonId { get; init; }

    public required string PersonName { get; init; }

    public Roles PersonRoles { get; init; }

    public required string Label { get; init; }

    public Roles Roles { get; init; }

    public bool IsReadOnly { get; init; }

    public int PerMinute { get; init; }

    public long MadeUnixMilliseconds { get; init; }

    public long EndsUnixMilliseconds { get; init; }
}
