using System.Data.Common;
using System.Text.Json.Serialization;
using DePin.Fleet.Api;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>An account and its balances, micro-credits as text.</summary>
public sealed record AccountView(string Name, string PendingMicro, string PostedMicro, string BalanceMicro)
{
    /// <summary>The account as shown.</summary>
    public static AccountView Of(AccountRow row) =>
        new(row.Name, Transfers.Text(row.PendingMicro), Transfers.Text(row.PostedMicro), Transfers.Text(checked(row.PendingMicro + row.PostedMicro)));
}

/// <summary>
/// What an account received in a period, and below it what was not credited and why. Over all time lines and movements add up to the balance.
/// The accounts 'funders' and 'issued' list what was paid in; what is issued of it stands in everybody else's statement.
/// </summary>
/// <param name="Account">The account today.</param>
/// <param name="LinesMicro">The sum of all lines of the period, also those on other pages.</param>
/// <param name="Next">Ask again with cursor=this for the lines that follow; null when these are the last.</param>
/// <param name="Lines">What was credited.</param>
/// <param name="Movements">What else came or went: availability of a month, loans, reversals, payouts.</param>
/// <param name="MovementsNext">The cursor by which the list of movements goes on; null when these are all.</param>
/// <param name="Fundings">What was paid in.</param>
/// <param name="FundingsNext">The cursor by which the list of fundings goes on; null when these are all.</param>
/// <param name="NotCredited">What was held, refused or lost a part, by name.</param>
public sealed record StatementView(
    AccountView Account,
    string LinesMicro,
    string? Next,
    IReadOnlyList<StatementLineView> Lines,
    IReadOnlyList<MovementView> Movements,
    string? MovementsNext,
    IReadOnlyList<FundingLineView> Fundings,
    string? FundingsNext,
    IReadOnlyList<NotCreditedView> NotCredited)
{
    private const int ExamplesPerName = 5;
    private const int BatchesForExamples = 100;

    internal static StatementView Read(DbConnection connection, AccountRow account, long from, long to, long after, int limit)
    {
        bool isFunding = account.Name is "funders" or "issued";
        IReadOnlyList<StatementLine> lines = StatementStore.Lines(connection, account.Name, from, to, after, limit + 1);
        IReadOnlyList<MovementLine> movements = isFunding ? [] : StatementStore.Movements(connection, account.Name, from, to, limit + 1);
        IReadOnlyList<FundingLine> fundings = isFunding ? StatementStore.Fundings(connection, from, to, limit + 1) : [];
        return new StatementView(
            AccountView.Of(account),
            Transfers.Text(isFunding ? 0 : StatementStore.LinesMicro(connection, account.Name, from, to)),
            lines.Count > limit ? Paging.CursorOf(lines[limit - 1].Line) : null,
            [.. lines.Take(limit).Select(StatementLineView.Of)],
            [.. movements.Take(limit).Select(MovementView.Of)],
            movements.Count > limit ? Paging.CursorOf(movements[limit - 1].N) : null,
            [.. fundings.Take(limit).Select(FundingLineView.Of)],
            fundings.Count > limit ? Paging.CursorOf(fundings[limit - 1].N) : null,
            Sharer.OfAccount(account.Name) is { } sharer ? Explain(connection, sharer, from, to) : []);
    }

    internal static List<NotCreditedView> Explain(DbConnection connection, Sharer sharer, long from, long to)
    {
        ILookup<VerdictName, NotCreditedExample> examples = StatementStore.NotCredited(connection, sharer, from, to, BatchesForExamples)
            .SelectMany(row => row.Runs.Select(run => (run.Name, Example: new NotCreditedExample(row.NodeId, run.First, run.Count, run.Figures))))
            .ToLookup(found => found.Name, found => found.Example);
        return [.. StatementStore.NotCreditedByName(connection, sharer, from, to).Select(total => new NotCreditedView(
            total.Name, total.Outcome, total.Readings, total.UncreditedMilliwattHours, Transfers.Text(total.WaitingMicro), Cure.Of(total.Name),
            [.. examples[total.Name].Take(ExamplesPerName)]))];
    }
}

/// <summary>What one segment of a batch gave to the account; amounts are micro-credits as text.</summary>
public sealed record StatementLineView(
    string NodeId, long FirstReading, long LastReading, long OpenedUnixSeconds, decimal DeliveredKilowattHours, decimal ServedHours,
    string MicroPerKilowattHour, string MicroPerServedHour, string WholeMicro, long OperatorBasisPoints, long CapitalBuilderBasisPoints, long ManagerBasisPoints,
    string EnergyShareMicro, string ServiceShareMicro, string ShareMicro, string State, string PayloadHash)
{
    private const decimal MilliwattHoursPerKilowattHour = 1_000_000;
    private const decimal SecondsPerHour = 3600;

    internal static StatementLineView Of(StatementLine line) => new(
        line.NodeId, line.FirstReading, line.LastReading, line.OpenedUnixSeconds,
        line.CreditableMilliwattHours / MilliwattHoursPerKilowattHour, Math.Round(line.ServedSeconds / SecondsPerHour, 4),
        Transfers.Text(line.MicroPerKilowattHour), Transfers.Text(line.MicroPerServedHour), Transfers.Text(line.WholeMicro), line.OperatorBasisPoints, line.CapitalBuilderBasisPoints, line.ManagerBasisPoints,
        Transfers.Text(line.EnergyShareMicro), Transfers.Text(line.ServiceShareMicro), Transfers.Text(line.EnergyShareMicro + line.ServiceShareMicro),
        line.State, line.PayloadHash);
}

/// <summary>A movement, micro-credits as text, below 0 for what went off the account.</summary>
public sealed record MovementView(string Kind, string AmountMicro, string Other, string Reference, long MadeUnixSeconds)
{
    internal static MovementView Of(MovementLine line) => new(line.Kind, Transfers.Text(line.AmountMicro), line.Other, line.Reference, line.MadeUnixSeconds);
}

/// <summary>Money that came in, micro-credits as text.</summary>
public sealed record FundingLineView(string Reference, string AmountMicro, long MadeUnixSeconds)
{
    internal static FundingLineView Of(FundingLine line) => new(line.Reference, Transfers.Text(line.AmountMicro), line.MadeUnixSeconds);
}

/// <summary>Readings that were held or refused, or lost a part of their energy, under one name.</summary>
/// <param name="Name">Why.</param>
/// <param name="Outcome">What becomes of them.</param>
/// <param name="Readings">How many.</param>
/// <param name="UncreditedMilliwattHours">Energy delivered in them that earned nothing, or nothing yet.</param>
/// <param name="WaitingMicro">Credit that is computed and waits for funds, for all who share it.</param>
/// <param name="Cure">What would cure it.</param>
/// <param name="Examples">The last ones, with the figures that decided.</param>
public sealed record NotCreditedView(
    [property: JsonConverter(typeof(JsonStringEnumConverter<VerdictName>))] VerdictName Name,
    [property: JsonConverter(typeof(JsonStringEnumConverter<Outcome>))] Outcome Outcome,
    long Readings,
    long UncreditedMilliwattHours,
    string WaitingMicro,
    string Cure,
    IReadOnlyList<NotCreditedExample> Examples);

/// <summary>One run of readings, and the figures that decided over its first.</summary>
public sealed record NotCreditedExample(string NodeId, long FirstReading, int Readings, string? Figures);
