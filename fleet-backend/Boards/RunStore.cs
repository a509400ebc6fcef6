using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Boards;

/// <summary>Recorded purchases.</summary>
internal static class RunStore
{
    private const string Columns =
        """
        SELECT r.id AS Id, r.name AS Name, r.profile AS Profile, r.bought AS Bought, r.unit_price_usd_cents AS UnitPriceUsdCents, r.payer AS Payer, r.invoice AS Invoice, r.by AS By, r.made_ms AS MadeUnixMilliseconds,
            (SELECT count(DISTINCT board_serial) FROM registration WHERE run = r.id) AS Registered
        FROM production_run r
        """;

    /// <summary>Stores one; false where the name is taken.</summary>
    public static bool Insert(DbConnection connection, RunRow run) =>
        connection.Execute(
            """
            INSERT INTO production_run(name, profile, bought, unit_price_usd_cents, payer, invoice, by, made_ms)
            SELECT @Name, @Profile, @Bought, @UnitPriceUsdCents, @Payer, @Invoice, @By, @MadeUnixMilliseconds WHERE NOT EXISTS(SELECT 1 FROM production_run WHERE name = @Name)
            """,
            run) == 1;

    /// <summary>The run of a name, or null.</summary>
    public static RunRow? Find(DbConnection connection, string name) => connection.QuerySingleOrDefault<RunRow>($"{Columns} WHERE r.name = @name", new { name });

    /// <summary>The newest runs.</summary>
    public static IReadOnlyList<RunRow> Page(DbConnection connection, int limit, long before = long.MaxValue) =>
        connection.Query<RunRow>($"{Columns} WHERE r.id < @before ORDER BY r.id DESC LIMIT @limit", new { limit, before }).AsList();
}

/// <summary>A recorded purchase.</summary>
internal sealed record RunRow
{
    public long Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Number of the hardware profile.</summary>
    public long Profile { get; init; }

    public long Bought { get; init; }

    public long UnitPriceUsdCents { get; init; }

    public required string Payer { get; init; }

    public required string Invoice { get; init; }

    public required string By { get; init; }

    public long MadeUnixMilliseconds { get; init; }

    /// <summary>Boards of it that were registered; a board counts once, whatever became of it.</summary>
    public long Registered { get; init; }
}
