using System.Data.Common;
using Dapper;
using DePin.Fleet.Ingest;
using DePin.Fleet.Ledger;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Proof;

/// <summary>Reads what proves an account's credit.</summary>
internal static class EvidenceStore
{
    /// <summary>What an account got, segment by segment, with the evidence; those whose readings opened in a time, after one, oldest first.</summary>
    public static IReadOnlyList<EvidenceRow> Lines(DbConnection connection, string account, long fromUnixSeconds, long toUnixSeconds, long after, int limit) =>
        connection.Query<EvidenceRow>(
            $"""
            SELECT s.id AS Segment, n.node_id AS NodeId, n.id AS Node, n.public_key AS PublicKey, b.id AS Batch, m.message AS Message, {SignedBytes.ArchiveOf} AS Archive, s.first_reading AS FirstReading, s.last_reading AS LastReading,
                s.creditable_mwh AS CreditableMilliwattHours, s.served_seconds AS ServedSeconds, s.energy_micro AS EnergyMicro, s.service_micro AS ServiceMicro, v.detail AS Detail,
                f.profile AS Profile, f.from_unix AS TariffFromUnixSeconds, f.micro_per_kwh AS MicroPerKilowattHour, f.micro_per_hour AS MicroPerServedHour,
                p.from_unix AS PairingFromUnixSeconds, a.from_unix AS AgreementFromUnixSeconds, a.operator_basis_points AS OperatorBasisPoints, a.capital_builder_basis_points AS CapitalBuilderBasisPoints,
                a.manager_basis_points AS ManagerBasisPoints
            FROM segment s JOIN batch b ON b.id = s.batch JOIN node n ON n.id = b.node JOIN verdict v ON v.batch = b.id JOIN tariff f ON f.id = s.tariff JOIN agreement a ON a.id = s.agreement JOIN pairing p ON p.id = s.pairing
                LEFT JOIN batch_message m ON m.batch = s.batch
            WHERE s.id IN (SELECT segment FROM transfer WHERE credit = (SELECT id FROM account WHERE name = @account) AND segment > @after)
                AND s.opened_unix >= @fromUnixSeconds AND s.opened_unix < @toUnixSeconds
            ORDER BY s.id LIMIT @limit
            """,
            new { account, fromUnixSeconds, toUnixSeconds, after, limit }).AsList();

    /// <summary>The transfers of a segment; each read by its number, so that it is the row that is shown and not its index.</summary>
    public static IReadOnlyList<TransferContent> Transfers(DbConnection connection, long segment) =>
        connection.Query<TransferContent>($"{TransferContent.Select} WHERE t.n IN (SELECT n FROM transfer WHERE segment = @segment) ORDER BY t.n", new { segment }).AsList();

    /// <summary>What moved on an account in a time beside the credit of readings, oldest first.</summary>
    public static IReadOnlyList<TransferContent> Movements(DbConnection connection, string account, long fromUnixSeconds, long toUnixSeconds, int limit) =>
        connection.Query<TransferContent>(
            $"""
            {TransferContent.Select} WHERE t.segment IS NULL AND (d.name = @account OR c.name = @account) AND t.made_ms / 1000 >= @fromUnixSeconds AND t.made_ms / 1000 < @toUnixSeconds
            ORDER BY t.n LIMIT @limit
            """,
            new { account, fromUnixSeconds, toUnixSeconds, limit }).AsList();

    /// <summary>The event by which a node was paired, or null.</summary>
    public static EventContent? Pairing(DbConnection connection, long node, long fromUnixSeconds) => connection.QueryFirstOrDefault<EventContent>(
        $"{EventContent.Select} WHERE kind IN ('registered', 'pairing') AND node = @node AND CAST(json_extract(content, '$.fromUnixSeconds') AS BIGINT) = @fromUnixSeconds", new { node, fromUnixSeconds });

    /// <summary>The event by which a tariff came, or null.</summary>
    public static EventContent? Tariff(DbConnection connection, long profile, long fromUnixSeconds) => connection.QueryFirstOrDefault<EventContent>(
        $"{EventContent.Select} WHERE kind = 'tariff' AND CAST(json_extract(content, '$.profile') AS BIGINT) = @profile AND CAST(json_extract(content, '$.fromUnixSeconds') AS BIGINT) = @fromUnixSeconds",
        new { profile, fromUnixSeconds });

    /// <summary>The event by which a node's agreement came, or null.</summary>
    public static EventContent? Agreement(DbConnection connection, long node, long fromUnixSeconds) => connection.QueryFirstOrDefault<EventContent>(
        $"{EventContent.Select} WHERE kind = 'agreement' AND node = @node AND CAST(json_extract(content, '$.fromUnixSeconds') AS BIGINT) = @fromUnixSeconds", new { node, fromUnixSeconds });
}

/// <summary>A segment with its evidence.</summary>
internal sealed record EvidenceRow
{
    public long Segment { get; init; }

    public required string NodeId { get; init; }

    public long Node { get; init; }

    public required byte[] PublicKey { get; init; }

    public long Batch { get; init; }

    /// <summary>The signed bytes; null where an archive has them.</summary>
    public byte[]? Message { get; init; }

    /// <summary>The archive's file that has them, else null.</summary>
    public string? Archive { get; init; }

    public long FirstReading { get; init; }

    public long LastReading { get; init; }

    public long CreditableMilliwattHours { get; init; }

    public long ServedSeconds { get; init; }

    public long EnergyMicro { get; init; }

    public long ServiceMicro { get; init; }

    public string? Detail { get; init; }

    public long Profile { get; init; }

    public long TariffFromUnixSeconds { get; init; }

    public long MicroPerKilowattHour { get; init; }

    public long MicroPerServedHour { get; init; }

    public long PairingFromUnixSeconds { get; init; }

    public long AgreementFromUnixSeconds { get; init; }

    public long OperatorBasisPoints { get; init; }

    public long CapitalBuilderBasisPoints { get; init; }

    public long ManagerBasisPoints { get; init; }
}

/// <summary>An event with what its content names.</summary>
internal sealed record EventContent
{
    public const string Select = "SELECT kind AS Kind, at_ms AS AtUnixMilliseconds, by AS By, content AS Content FROM event";

    public required string Kind { get; init; }

    public long AtUnixMilliseconds { get; init; }

    public required string By { get; init; }

    public required string Content { get; init; }

    public byte[] Bytes() => LogContent.OfEvent(Kind, AtUnixMilliseconds, By, Content);
}
