using System.Data.Common;
using Dapper;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Crediting;

/// <summary>The agreements of the nodes, one version after the other.</summary>
public static class AgreementStore
{
    /// <summary>Stores an agreement of a node that counts from a second on, 0 for a new node's first, which counts from the beginning; and the event.</summary>
    public static void Insert(DbConnection connection, long nodeRowId, Agreement agreement, long fromUnixSeconds, long nowUnixMilliseconds, string by)
    {
        connection.Execute(
            """
            INSERT INTO agreement(node, from_unix, operator_basis_points, capital_builder_basis_points, manager_basis_points, reserve_basis_points, manager, due_hours)
            VALUES(@nodeRowId, @fromUnixSeconds, @OperatorBasisPoints, @CapitalBuilderBasisPoints, @ManagerBasisPoints, @ReserveBasisPoints, @Manager, @DueHours)
            """,
            new
            {
                nodeRowId,
                fromUnixSeconds,
                agreement.OperatorBasisPoints,
                agreement.CapitalBuilderBasisPoints,
                agreement.ManagerBasisPoints,
                agreement.ReserveBasisPoints,
                agreement.Manager,
                agreement.DueHours,
            });
        EventStore.Record(connection, nowUnixMilliseconds, "agreement", nodeRowId, by, new { fromUnixSeconds, agreement = AgreementRequest.Of(agreement) });
    }

    /// <summary>The latest agreement of a node, or null.</summary>
    public static Agreement? Find(DbConnection connection, long nodeRowId) => Versions(connection, nodeRowId).LastOrDefault()?.Agreement;

    /// <summary>All agreements of a node, oldest first.</summary>
    public static IReadOnlyList<AgreementVersion> Versions(DbConnection connection, long nodeRowId) =>
        [.. connection.Query<(long Id, long From, long Operator, long CapitalBuilder, long Manager, long Reserve, string? Name, long DueHours)>(
            """
            SELECT id, from_unix, operator_basis_points, capital_builder_basis_points, manager_basis_points, reserve_basis_points, manager, due_hours
            FROM agreement WHERE node = @nodeRowId ORDER BY from_unix
            """,
            new { nodeRowId }).Select(row => new AgreementVersion(
                row.From, new Agreement((int)row.Operator, (int)row.CapitalBuilder, (int)row.Manager, (int)row.Reserve, row.Name, (int)row.DueHours), row.Id))];
}
