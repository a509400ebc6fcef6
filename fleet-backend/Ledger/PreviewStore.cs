using System.Data.Common;
using Dapper;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ledger;

/// <summary>Segments of a time, for previews.</summary>
internal static class PreviewStore
{
    private const string Select =
        $"""
        SELECT s.creditable_mwh AS MilliwattHours, s.served_seconds AS ServedSeconds, {SharedSegment.Columns}
        FROM node n JOIN batch b ON b.node = n.id CROSS JOIN segment s ON {SharedSegment.OfBatch} {SharedSegment.Joins}
        WHERE s.opened_unix >= @fromUnixSeconds AND s.opened_unix < @toUnixSeconds AND
        """;

    /// <summary>Those of all nodes of a profile.</summary>
    public static IReadOnlyList<PreviewSegment> OfProfile(DbConnection connection, long profile, long fromUnixSeconds, long toUnixSeconds) =>
        connection.Query<PreviewSegment>(connection.Ordered($"{Select} n.profile = @profile"), new { profile, fromUnixSeconds, toUnixSeconds }).AsList();

    /// <summary>Those of one node.</summary>
    public static IReadOnlyList<PreviewSegment> OfNode(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds) =>
        connection.Query<PreviewSegment>(connection.Ordered($"{Select} n.id = @node"), new { node, fromUnixSeconds, toUnixSeconds }).AsList();
}

/// <summary>A segment with who shares it.</summary>
internal sealed record PreviewSegment : SharedSegment
{
    public long MilliwattHours { get; init; }

    public long ServedSeconds { get; init; }
}
