using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Nodes;

/// <summary>Firmware that nodes may run.</summary>
internal static class FirmwareStore
{
    /// <summary>Records a release; false where it is recorded.</summary>
    public static bool Record(DbConnection connection, string digest, string name, long nowUnixMilliseconds) =>
        connection.Execute(
            "INSERT INTO firmware_release(digest, name, recorded_ms) VALUES(@digest, @name, @nowUnixMilliseconds) ON CONFLICT DO NOTHING", new { digest, name, nowUnixMilliseconds }) == 1;

    /// <summary>A release, or null.</summary>
    public static FirmwareRow? Find(DbConnection connection, string digest) => All(connection).FirstOrDefault(release => release.Digest == digest);

    /// <summary>Recalls a release; false where it is unknown or recalled.</summary>
    public static bool Recall(DbConnection connection, string digest, bool isFraud, long nowUnixMilliseconds) =>
        connection.Execute(
            "UPDATE firmware_release SET recalled_ms = @nowUnixMilliseconds, is_fraud = @isFraud WHERE digest = @digest AND recalled_ms IS NULL",
            new { digest, isFraud, nowUnixMilliseconds }) == 1;

    /// <summary>Notes that a replacement is offered; false where the release is not recalled or has one.</summary>
    public static bool Replace(DbConnection connection, string digest, long nowUnixMilliseconds) =>
        connection.Execute(
            "UPDATE firmware_release SET replaced_ms = @nowUnixMilliseconds WHERE digest = @digest AND recalled_ms IS NOT NULL AND replaced_ms IS NULL", new { digest, nowUnixMilliseconds }) == 1;

    /// <summary>Every release.</summary>
    public static IReadOnlyList<FirmwareRow> All(DbConnection connection) => Page(connection, long.MinValue, "", int.MaxValue);

    /// <summary>Releases after one, in the order in which they were recorded.</summary>
    public static IReadOnlyList<FirmwareRow> Page(DbConnection connection, long afterUnixMilliseconds, string afterDigest, int limit) =>
        connection.Query<FirmwareRow>(
            """
            SELECT digest AS Digest, name AS Name, recorded_ms AS RecordedUnixMilliseconds, recalled_ms AS RecalledUnixMilliseconds, is_fraud AS IsFraud,
                replaced_ms AS ReplacedUnixMilliseconds FROM firmware_release WHERE (recorded_ms, digest) > (@afterUnixMilliseconds, @afterDigest) ORDER BY recorded_ms, digest LIMIT @limit
            """,
            new { afterUnixMilliseconds, afterDigest, limit }).AsList();
}

/// <summary>A release as stored and shown.</summary>
public sealed record FirmwareRow
{
    /// <summary>First 8 bytes of the bundle's SHA-256, lower-case hex.</summary>
    public required string Digest { get; init; }

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>From when on it is known.</summary>
    public long RecordedUnixMilliseconds { get; init; }

    /// <summary>When two people recalled it.</summary>
    public long? RecalledUnixMilliseconds { get; init; }

    /// <summary>Whether it was recalled for false metering.</summary>
    public bool IsFraud { get; init; }

    /// <summary>When a replacement was offered.</summary>
    public long? ReplacedUnixMilliseconds { get; init; }
}
