using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using DePin.Fleet.Ledger;

namespace DePin.Fleet.Money;

/// <summary>A statement as its page shows it.</summary>
/// <param name="Account">Name of the account.</param>
/// <param name="Aside">Of which time, and when it was made.</param>
/// <param name="Posted">Credits that can be paid out.</param>
/// <param name="Pending">Credits whose checks run.</param>
/// <param name="Credited">Credits for the readings of this time.</param>
/// <param name="Lines">What was credited.</param>
/// <param name="Movements">What else came and went.</param>
/// <param name="Fundings">What was paid in.</param>
/// <param name="NotCredited">What was not credited and why; null for an account that no reading is of.</param>
/// <param name="Query">The account and time again, for addresses.</param>
/// <param name="After">The line after which this page begins.</param>
/// <param name="Last">The last line of this page where others follow, or null.</param>
public sealed record StatementSheet(
    string Account, string Aside, string Posted, string Pending, string Credited, IReadOnlyList<SheetLine> Lines, IReadOnlyList<SheetMovement> Movements, IReadOnlyList<SheetMovement> Fundings,
    IReadOnlyList<SheetReason>? NotCredited, string Query, long After, long? Last)
{
    private const int LinesShown = 200, MovementsShown = 200;

    // What the page's script says, by the names that it uses.
    private static readonly string[] ProofNames =
    [
        "Good", "Bad", "Follows", "Progress", "All", "AllButCheckpoint", "Some", "NoCrypto", "Failed", "checkpoint", "logKey", "notABatch", "batchNotInLog", "notAKey", "otherNode", "notSigned", "otherReadings", "runs", "energy",
        "service", "amount", "termNotInLog", "termFigures", "termLater", "transferNotInLog", "otherCredit", "otherAccount", "share", "transferId", "sum", "twice", "shown", "total", "movement", "movements", "listedTwice", "noEvidence", "malformed",
    ];

    /// <summary>Where its proofs are.</summary>
    public string EvidencePath => $"/api/accounts/{Uri.EscapeDataString(Account)}/evidence?{Query}";

    /// <summary>Where it is as a table for spreadsheets.</summary>
    public string CsvPath => $"/api/accounts/{Uri.EscapeDataString(Account)}/statement.csv?{Query}";

    /// <summary>What the script of the page says, as JSON.</summary>
    public static string ProofWords() => JsonSerializer.Serialize(ProofNames.ToDictionary(name => name, name => MoneyWords.Of($"Proof.{name}"), StringComparer.Ordinal));

    /// <summary>An account's statement of a time, from a line on.</summary>
    internal static StatementSheet Read(DbConnection connection, AccountRow account, long from, long to, long after, string period, long nowUnixMilliseconds)
    {
        IReadOnlyList<StatementLine> lines = StatementStore.Lines(connection, account.Name, from, to, after, LinesShown + 1);
        bool isFunding = account.Name is "funders" or "issued";
        return new StatementSheet(
            account.Name,
            MoneyWords.Of("Statement.Made", period, Amounts.Instant(nowUnixMilliseconds)),
            Amounts.Credits(account.PostedMicro),
            Amounts.Credits(account.PendingMicro),
            Amounts.Credits(isFunding ? 0 : StatementStore.LinesMicro(connection, account.Name, from, to)),
            [.. lines.Take(LinesShown).Select(line => SheetLine.Of(account.Name, line))],
            isFunding ? [] : [.. StatementStore.Movements(connection, account.Name, from, to, MovementsShown).Select(line => new SheetMovement(Amounts.Instant(line.MadeUnixSeconds * 1000), MoneyWords.Of($"Kind.{line.Kind}"), line.Other, Amounts.Credits(line.AmountMicro), line.Reference))],
            isFunding ? [.. StatementStore.Fundings(connection, from, to, MovementsShown).Select(line => new SheetMovement(Amounts.Instant(line.MadeUnixSeconds * 1000), MoneyWords.Of("Kind.funding"), "", Amounts.Credits(line.AmountMicro), line.Reference))] : [],
            Sharer.OfAccount(account.Name) is { } sharer ? [.. StatementView.Explain(connection, sharer, from, to).Select(SheetReason.Of)] : null,
            string.Create(CultureInfo.InvariantCulture, $"from={from}&to={to}"),
            after,
            lines.Count > LinesShown ? lines[LinesShown - 1].Line : null);
    }
}

/// <summary>What a segment of a batch gave.</summary>
/// <param name="Key">Node and readings: by it the page's script finds the line.</param>
/// <param name="Micro">What it gave, micro-credits, as the script compares it.</param>
/// <param name="Opened">When the batch opened.</param>
/// <param name="NodeId">The node.</param>
/// <param name="First">Its first reading.</param>
/// <param name="Last">Its last reading.</param>
/// <param name="KilowattHours">Energy that earned.</param>
/// <param name="Hours">Service that earned.</param>
/// <param name="PerKilowattHour">Tariff for energy.</param>
/// <param name="PerHour">Tariff for service.</param>
/// <param name="Share">The account's share.</param>
/// <param name="Credits">What it gave.</param>
/// <param name="State">pending, posted or voided, in words.</param>
public sealed record SheetLine(
    string Key, string Micro, string Opened, string NodeId, long First, long Last, string KilowattHours, string Hours, string PerKilowattHour, string PerHour, string Share, string Credits, string State)
{
    private const decimal MilliwattHoursPerKilowattHour = 1_000_000, SecondsPerHour = 3600;

    internal static SheetLine Of(string account, StatementLine line) => new(
        $"{line.NodeId}/{line.FirstReading}-{line.LastReading}",
        Transfers.Text(line.EnergyShareMicro + line.ServiceShareMicro),
        Amounts.Instant(line.OpenedUnixSeconds * 1000),
        line.NodeId,
        line.FirstReading,
        line.LastReading,
        (line.CreditableMilliwattHours / MilliwattHoursPerKilowattHour).ToString("0.000000", Language.Present.Numbers),
        (line.ServedSeconds / SecondsPerHour).ToString("0.00", Language.Present.Numbers),
        Amounts.Credits(line.MicroPerKilowattHour),
        Amounts.Credits(line.MicroPerServedHour),
        Amounts.Percent(StatementCsv.ShareOf(account, line.OperatorBasisPoints, line.CapitalBuilderBasisPoints, line.ManagerBasisPoints)),
        Amounts.Credits(line.EnergyShareMicro + line.ServiceShareMicro),
        MoneyWords.Of($"State.{line.State}"));
}

/// <summary>What came or went beside the credit of readings.</summary>
public sealed record SheetMovement(string Made, string What, string With, string Credits, string Reference);

/// <summary>Why readings earned nothing, or not all.</summary>
/// <param name="Why">Outcome and name.</param>
/// <param name="Meaning">What the name means.</param>
/// <param name="Readings">How many.</param>
/// <param name="NodeId">Node of the last example, or null.</param>
/// <param name="First">Its first reading.</param>
/// <param name="Last">Its last reading.</param>
/// <param name="Figures">The figures that decided over it.</param>
/// <param name="Cure">What would cure it.</param>
public sealed record SheetReason(string Why, string Meaning, string Readings, string? NodeId, long First, long Last, string Figures, string Cure)
{
    internal static SheetReason Of(NotCreditedView name) => new(
        MoneyWords.Of($"Outcome.{name.Outcome}", name.Name),
        Verification.Cure.Meaning(name.Name),
        Amounts.Count(name.Readings),
        name.Examples.FirstOrDefault()?.NodeId,
        name.Examples.FirstOrDefault()?.FirstReading ?? 0,
        name.Examples.FirstOrDefault() is { } example ? example.FirstReading + example.Readings - 1 : 0,
        name.Examples.FirstOrDefault()?.Figures ?? "",
        name.Cure);
}
