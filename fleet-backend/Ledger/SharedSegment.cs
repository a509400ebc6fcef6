using DePin.Fleet.Crediting;

namespace DePin.Fleet.Ledger;

/// <summary>What a stored segment earned and who shares it, with the SQL that reads it from segment s, pairing p and agreement a.</summary>
internal abstract record SharedSegment
{
    /// <summary>SQL: the segments s of a batch b, by the numbers in their ids; no index is needed beside the key's.</summary>
    public const string OfBatch = "s.id BETWEEN b.id * 128 AND b.id * 128 + 127";

    /// <summary>SQL: these columns.</summary>
    protected internal const string Columns =
        """
        p.operator AS Operator, p.capital_builder AS CapitalBuilder, a.operator_basis_points AS OperatorBasisPoints, a.capital_builder_basis_points AS CapitalBuilderBasisPoints,
        a.manager_basis_points AS ManagerBasisPoints, a.reserve_basis_points AS ReserveBasisPoints, a.manager AS Manager, s.energy_micro AS EnergyMicro, s.service_micro AS ServiceMicro
        """;

    /// <summary>SQL: joins pairing and agreement.</summary>
    protected internal const string Joins = "JOIN pairing p ON p.id = s.pairing JOIN agreement a ON a.id = s.agreement";

    public required string Operator { get; init; }

    public required string CapitalBuilder { get; init; }

    public int OperatorBasisPoints { get; init; }

    public int CapitalBuilderBasisPoints { get; init; }

    public int ManagerBasisPoints { get; init; }

    public int ReserveBasisPoints { get; init; }

    public string? Manager { get; init; }

    public long EnergyMicro { get; init; }

    public long ServiceMicro { get; init; }

    public long WholeMicro => EnergyMicro + ServiceMicro;

    public Agreement Agreement => new(OperatorBasisPoints, CapitalBuilderBasisPoints, ManagerBasisPoints, ReserveBasisPoints, Manager);
}
