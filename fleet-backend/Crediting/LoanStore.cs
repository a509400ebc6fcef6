using System.Data.Common;
using Dapper;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Crediting;

/// <summary>Loans for nodes, and how far they are repaid.</summary>
internal static class LoanStore
{
    private const string Columns =
        """
        l.id AS Id, l.node AS Node, n.node_id AS NodeId, l.lender AS Lender, l.from_unix AS FromUnixSeconds, l.principal_micro AS PrincipalMicro, l.basis_points AS BasisPoints,
        l.monthly_micro AS MonthlyMicro, l.repaid_micro AS RepaidMicro, l.succeeded_ms AS SucceededUnixMilliseconds, c.id AS LenderAccount
        """;

    private const string From = "FROM loan l JOIN node n ON n.id = l.node JOIN account c ON c.name = 'lender:' || l.lender";

    /// <summary>Stores a loan, and the event.</summary>
    public static void Insert(DbConnection connection, long node, Loan loan, long nowUnixMilliseconds, string by)
    {
        connection.Execute(
            "INSERT INTO loan(node, lender, from_unix, principal_micro, basis_points, monthly_micro) VALUES(@node, @Lender, @FromUnixSeconds, @PrincipalMicro, @BasisPoints, @MonthlyMicro)",
            new { node, loan.Lender, loan.FromUnixSeconds, loan.PrincipalMicro, loan.BasisPoints, loan.MonthlyMicro });
        EventStore.Record(connection, nowUnixMilliseconds, "loan", node, by, loan);
    }

    /// <summary>The loan of a node that is not repaid yet, or null.</summary>
    public static LoanRow? Open(DbConnection connection, long node) =>
        connection.QuerySingleOrDefault<LoanRow>($"SELECT {Columns} {From} WHERE l.node = @node AND l.repaid_micro < l.principal_micro AND l.succeeded_ms IS NULL", new { node });

    /// <summary>All that are not repaid yet.</summary>
    public static IReadOnlyList<LoanRow> AllOpen(DbConnection connection) =>
        connection.Query<LoanRow>($"SELECT {Columns} {From} WHERE l.repaid_micro < l.principal_micro AND l.succeeded_ms IS NULL").AsList();

    /// <summary>Every loan, newest first.</summary>
    public static IReadOnlyList<LoanRow> Page(DbConnection connection, int limit, long before = long.MaxValue) =>
        connection.Query<LoanRow>($"SELECT {Columns} {From} WHERE l.id < @before ORDER BY l.id DESC LIMIT @limit", new { limit, before }).AsList();

    /// <summary>Those for the nodes of an operator, newest first.</summary>
    public static IReadOnlyList<LoanRow> OfOperator(DbConnection connection, string name, int limit) => OfPaired(connection, "operator", name, limit);

    /// <summary>Those for the nodes that a capital builder paid for, newest first.</summary>
    public static IReadOnlyList<LoanRow> OfCapitalBuilder(DbConnection connection, string name, int limit) => OfPaired(connection, "capital_builder", name, limit);

    /// <summary>Those of a lender, newest first.</summary>
    public static IReadOnlyList<LoanRow> OfLender(DbConnection connection, string name, int limit) =>
        connection.Query<LoanRow>($"SELECT {Columns} {From} WHERE l.lender = @name ORDER BY l.id DESC LIMIT @limit", new { name, limit }).AsList();

    /// <summary>What a lender lent in all, and what of it came back.</summary>
    public static (long LentMicro, long RepaidMicro) SumsOf(DbConnection connection, string lender) =>
        connection.QuerySingle<(long, long)>("SELECT CAST(coalesce(sum(principal_micro), 0) AS BIGINT), CAST(coalesce(sum(repaid_micro), 0) AS BIGINT) FROM loan WHERE lender = @lender", new { lender });

    /// <summary>Counts a repayment.</summary>
    public static void Repay(DbConnection connection, long loan, long amountMicro) =>
        connection.Execute("UPDATE loan SET repaid_micro = repaid_micro + @amountMicro WHERE id = @loan", new { loan, amountMicro });

    private static IReadOnlyList<LoanRow> OfPaired(DbConnection connection, string role, string name, int limit) => connection.Query<LoanRow>(
        $"SELECT {Columns} {From} WHERE EXISTS(SELECT 1 FROM pairing p WHERE p.node = l.node AND p.to_unix IS NULL AND p.{role} = @name) ORDER BY l.id DESC LIMIT @limit", new { name, limit }).AsList();
}

/// <summary>A loan as stored.</summary>
internal sealed record LoanRow
{
    public long Id { get; init; }

    public long Node { get; init; }

    public required string NodeId { get; init; }

    public required string Lender { get; init; }

    public long FromUnixSeconds { get; init; }

    public long PrincipalMicro { get; init; }

    public int BasisPoints { get; init; }

    public long MonthlyMicro { get; init; }

    public long RepaidMicro { get; init; }

    public long LenderAccount { get; init; }

    /// <summary>When the rest went over to the node that succeeds this one, or null.</summary>
    public long? SucceededUnixMilliseconds { get; init; }

    public long LeftMicro => PrincipalMicro - RepaidMicro;

    public Loan ToLoan() => new(Lender, FromUnixSeconds, PrincipalMicro, BasisPoints, MonthlyMicro);
}
