using Dapper;
using DePin.Fleet.Crediting;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Ledger;

/// <summary>Segments of a time, for previews.</summary>
internal static class PreviewStore
{
    private const string Select =
        """
        SELECT p.operator AS Operator, p.capital_builder AS CapitalBuilder, a.operator_basis_points AS OperatorBasisPoints, a.capital_builder_basis_points AS CapitalBuilderBasisPoints,
            a.manager_basis_points AS ManagerBasisPoints, a.reserve_basis_points AS ReserveBasisPoints, a.manager AS Manager, s.creditable_mwh AS MilliwattHours,
            s.served_seconds AS ServedSeconds, s.energy_micro AS EnergyMicro, s.service_micro AS ServiceMicro
        FROM node n JOIN batch b ON b.node = n.id CROSS JOIN segment s ON s.id BETWEEN b.id * 128 AND b.id * 128 + 127 JOIN pairing p ON p.id = s.pairing JOIN agreement a ON a.id = s.agreement
        WHERE s.opened_unix >= @fromUnixSeconds AND s.opened_unix < @toUnixSeconds AND
        """;

    /// <summary>Those of all nodes of a profile.</summary>
    public static IReadOnlyList<PreviewSegment> OfProfile(SqliteConnection connection, long profile, long fromUnixSeconds, long toUnixSeconds) =>
        connection.Query<PreviewSegment>($"{Select} n.profile = @profile", new { profile, fromUnixSeconds, toUnixSeconds }).AsList();

    /// <summary>Those of one node.</summary>
    public static IReadOnlyList<PreviewSegment> OfNode(SqliteConnection connection, long node, long fromUnixSeconds, long toUnixSeconds) =>
        connection.Query<PreviewSegment>($"{Select} n.id = @node", new { node, fromUnixSeconds, toUnixSeconds }).AsList();
}

/// <summary>A segment with who shares it.</summary>
internal sealed record PreviewSegment
{
    public required string Operator { get; init; }

    public required string CapitalBuilder { get; init; }

    public int OperatorBasisPoints { get; init; }

    public int CapitalBuilderBasisPoints { get; init; }

    public int ManagerBasisPoints { get; init; }

    public int ReserveBasisPoints { get; init; }

    public string? Manager { get; init; }

    public long MilliwattHours { get; init; }

    public long ServedSeconds { get; init; }

    public long EnergyMicro { get; init; }

    public long ServiceMicro { get; init; }

    public Agreement Agreement => new(OperatorBasisPoints, CapitalBuilderBasisPoints, ManagerBasisPoints, ReserveBasisPoints, Manager);
}
