using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;

namespace DePin.Fleet.People;

/// <summary>Links that work once. Only the hash of a link's secret is kept.</summary>
internal static class LinkStore
{
    public const string Invitation = "invitation", Reset = "reset", FirstAdministrator = "first administrator";

    private const int SecretBytes = 20;

    /// <summary>Makes a link; its secret, 40 hex digits, which is not stored. Earlier links of this kind for this name end.</summary>
    public static string Make(DbConnection connection, string kind, string? name, Roles roles, string by, long nowUnixMilliseconds, long expiresUnixMilliseconds)
    {
        connection.Execute("DELETE FROM link WHERE kind = @kind AND (name = @name OR (name IS NULL AND @name IS NULL)) AND used_ms IS NULL", new { kind, name });
        string secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));
        connection.Execute(
            "INSERT INTO link(hash, kind, name, roles, by, made_ms, expires_ms) VALUES(@hash, @kind, @name, @roles, @by, @nowUnixMilliseconds, @expiresUnixMilliseconds)",
            new { hash = HashOf(secret), kind, name, roles, by, nowUnixMilliseconds, expiresUnixMilliseconds });
        return secret;
    }

    /// <summary>The link of a secret that can still be used, or null.</summary>
    public static LinkRow? Find(DbConnection connection, string secret, long nowUnixMilliseconds) => connection.QuerySingleOrDefault<LinkRow>(
        "SELECT kind AS Kind, name AS Name, roles AS Roles, by AS By, expires_ms AS ExpiresUnixMilliseconds FROM link WHERE hash = @hash AND used_ms IS NULL AND expires_ms > @nowUnixMilliseconds",
        new { hash = HashOf(secret), nowUnixMilliseconds });

    /// <summary>Uses a link up; false where it was used or ended meanwhile.</summary>
    public static bool Use(DbConnection connection, string secret, long nowUnixMilliseconds) => connection.Execute(
        "UPDATE link SET used_ms = @nowUnixMilliseconds WHERE hash = @hash AND used_ms IS NULL AND expires_ms > @nowUnixMilliseconds", new { hash = HashOf(secret), nowUnixMilliseconds }) == 1;

    /// <summary>Links that can still be used, newest first.</summary>
    public static IReadOnlyList<LinkRow> Open(DbConnection connection, long nowUnixMilliseconds) => connection.Query<LinkRow>(
        "SELECT kind AS Kind, name AS Name, roles AS Roles, by AS By, expires_ms AS ExpiresUnixMilliseconds FROM link WHERE used_ms IS NULL AND expires_ms > @nowUnixMilliseconds ORDER BY made_ms DESC LIMIT 200",
        new { nowUnixMilliseconds }).AsList();

    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes("depin/1/link\n" + secret));
}

/// <summary>A link.</summary>
internal sealed record LinkRow
{
    public required string Kind { get; init; }

    public string? Name { get; init; }

    public Roles Roles { get; init; }

    public required string By { get; init; }

    public long ExpiresUnixMilliseconds { get; init; }
}
