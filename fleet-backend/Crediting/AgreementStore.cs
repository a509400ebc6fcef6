using Dapper;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Crediting;

/// <summary>The agreements of the nodes.</summary>
public static class AgreementStore
{
    /// <summary>Stores the agreement of a new node, in the transaction that registers it.</summary>
    public static void Insert(SqliteConnection connection, long nodeRowId, Agreement agreement) =>
        connection.Execute(
            "INSERT INTO agreement(node, operator_basis_points, capital_builder_basis_points) VALUES(@nodeRowId, @OperatorBasisPoints, @CapitalBuilderBasisPoints)",
            new { nodeRowId, agreement.OperatorBasisPoints, agreement.CapitalBuilderBasisPoints });

    /// <summary>The agreement of a node, or null.</summary>
    public static Agreement? Find(SqliteConnection connection, long nodeRowId)
    {
        (long Operator, long CapitalBuilder)? shares = connection.QuerySingleOrDefault<(long, long)?>(
            "SELECT operator_basis_points, capital_builder_basis_points FROM agreement WHERE node = @nodeRowId",
            new { nodeRowId });
        return shares is { } found ? new Agreement((int)found.Operator, (int)found.CapitalBuilder) : null;
    }
}
