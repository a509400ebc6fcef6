using System.Data.Common;
using System.Globalization;

namespace DePin.Fleet.Ledger;

/// <summary>A statement as a table for spreadsheets: every line of the period, then the movements.</summary>
internal static class StatementCsv
{
    private const int PageLines = 5000;

    private static readonly string[] Headings =
        ["opened_utc", "kind", "node", "readings", "kwh", "hours", "credits_per_kwh", "credits_per_hour", "share_basis_points", "credits", "state", "evidence"];

    /// <summary>The whole table.</summary>
    public static string Write(DbConnection connection, AccountRow account, long from, long to) => Csv.Write(Headings, Lines(connection, account, from, to));

    private static IEnumerable<string[]> Lines(DbConnection connection, AccountRow account, long from, long to)
    {
        long after = 0;
        IReadOnlyList<StatementLine> page;
        do
        {
            page = StatementStore.Lines(connection, account.Name, from, to, after, PageLines);
            foreach (StatementLine line in page)
            {
                after = line.Line;
                yield return
                [
                    Time(line.OpenedUnixSeconds), "credit", line.NodeId, $"{line.FirstReading}-{line.LastReading}",
                    (line.CreditableMilliwattHours / 1_000_000m).ToString("0.000000", CultureInfo.InvariantCulture), (line.ServedSeconds / 3600m).ToString("0.0000", CultureInfo.InvariantCulture),
                    Csv.Credits(line.MicroPerKilowattHour), Csv.Credits(line.MicroPerServedHour), ShareOf(account.Name, line.OperatorBasisPoints, line.CapitalBuilderBasisPoints, line.ManagerBasisPoints).ToString(CultureInfo.InvariantCulture), Csv.Credits(line.EnergyShareMicro + line.ServiceShareMicro), line.State, line.PayloadHash,
                ];
            }
        }
        while (page.Count == PageLines);

        foreach (MovementLine line in StatementStore.Movements(connection, account.Name, from, to, int.MaxValue))
        {
            yield return [Time(line.MadeUnixSeconds), line.Kind, line.Other, "", "", "", "", "", "", Csv.Credits(line.AmountMicro), "posted", line.Reference];
        }
    }

    /// <summary>An account's share under an agreement, basis points; the reserve has what the others leave.</summary>
    public static long ShareOf(string account, long @operator, long capitalBuilder, long manager) =>
        account.StartsWith(Transfers.OperatorPrefix, StringComparison.Ordinal) ? @operator
        : account.StartsWith(Transfers.CapitalBuilderPrefix, StringComparison.Ordinal) ? capitalBuilder
        : account.StartsWith(Transfers.ManagerPrefix, StringComparison.Ordinal) ? manager
        : 10_000 - @operator - capitalBuilder - manager;

    private static string Time(long unixSeconds) =>
        unixSeconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "unknown";
}
