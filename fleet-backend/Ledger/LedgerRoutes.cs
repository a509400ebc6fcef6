using System.Globalization;
using DePin.Contracts.Identity;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Ledger;

/// <summary>Recording funds, and looking into the books. Amounts are micro-credits, as text, since they may pass 2^53.</summary>
public static class LedgerRoutes
{
    private const int MaxLines = 1000;
    private const long MaxFunding = 1_000_000_000_000_000_000;

    /// <summary>POST /api/funding, GET /api/accounts, /api/accounts/{name}/statement, /api/nodes/{id}/verdicts.</summary>
    public static void MapLedger(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/funding", FundAsync);
        routes.MapGet("/api/accounts", Accounts);
        routes.MapGet("/api/accounts/{name}/statement", Statement);
        routes.MapGet("/api/nodes/{id}/verdicts", Verdicts);
    }

    private static async Task<Results<Ok<FundingView>, ProblemHttpResult>> FundAsync(FundingRequest funding, StoreWriter writer, TimeProvider clock)
    {
        if (!long.TryParse(funding.AmountMicro, NumberStyles.None, CultureInfo.InvariantCulture, out long amount) || amount is 0 or > MaxFunding)
        {
            return TypedResults.Problem($"amountMicro must be a whole number of micro-credits from 1 to {MaxFunding}, as text. Nothing was recorded.", statusCode: 400);
        }

        if (funding.Reference is not { Length: > 0 and <= 100 })
        {
            return TypedResults.Problem("reference must have 1 to 100 characters; it makes the same funding count once. Nothing was recorded.", statusCode: 400);
        }

        try
        {
            long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            bool isNew = await writer.RunAsync(connection => LedgerStore.Fund(connection, funding.Reference, amount, now));
            return TypedResults.Ok(new FundingView(funding.Reference, Text(amount), isNew ? "recorded" : "exists"));
        }
        catch (InvalidOperationException conflict)
        {
            return TypedResults.Problem(conflict.Message, statusCode: 409);
        }
    }

    private static Ok<List<AccountView>> Accounts(Database database)
    {
        using SqliteConnection connection = database.OpenReader();
        return TypedResults.Ok(LedgerStore.Accounts(connection).Select(View).ToList());
    }

    private static Results<Ok<StatementView>, ProblemHttpResult> Statement(string name, Database database, long from = 0, long to = long.MaxValue)
    {
        using SqliteConnection connection = database.OpenReader();
        if (StatementStore.Account(connection, name) is not { } account)
        {
            return TypedResults.Problem($"There is no account '{name}'. GET /api/accounts lists them; an account begins with its first credit.", statusCode: 404);
        }

        IReadOnlyList<StatementLine> lines = StatementStore.Lines(connection, name, from, to, MaxLines + 1);
        string? person = name.Contains(':', StringComparison.Ordinal) ? name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..] : null;
        IEnumerable<NotCredited> notCredited = person is null ? [] : StatementStore.NotCredited(connection, person, from, to, MaxLines)
            .SelectMany(row => row.Runs.Select(run => (row.NodeId, Run: run)))
            .GroupBy(found => found.Run.Name)
            .Select(group => new NotCredited(
                group.Key, group.First().Run.Outcome, group.Sum(found => found.Run.Count), Cure.Of(group.Key),
                [.. group.Take(5).Select(found => new NotCreditedExample(found.NodeId, found.Run.First, found.Run.Count, found.Run.Figures))]));
        return TypedResults.Ok(new StatementView(
            View(account), [.. lines.Take(MaxLines).Select(View)], lines.Count > MaxLines, Text(lines.Take(MaxLines).Sum(line => line.ShareMicro)), [.. notCredited]));
    }

    private static Results<Ok<IReadOnlyList<VerdictRow>>, ProblemHttpResult> Verdicts(string id, Database database, long after = 0, int limit = 100)
    {
        if (NodeId.Parse(id) is not { } node || limit is < 1 or > MaxLines)
        {
            return TypedResults.Problem($"'{id}' must be a node id of 16 characters, and limit a number from 1 to {MaxLines}.", statusCode: 400);
        }

        using SqliteConnection connection = database.OpenReader();
        return TypedResults.Ok(StatementStore.Verdicts(connection, node.ToString(), after, limit));
    }

    private static AccountView View(AccountRow row) => new(row.Name, Text(row.PendingMicro), Text(row.PostedMicro), Text(row.PendingMicro + row.PostedMicro));

    private static StatementLineView View(StatementLine line) => new(
        line.NodeId, line.FirstReading, line.LastReading, line.OpenedUnixSeconds, line.CreditableMilliwattHours, line.ServedSeconds,
        Text(line.MicroPerKilowattHour), Text(line.MicroPerServedHour), Text(line.WholeMicro), Text(line.ShareMicro), line.State, line.PayloadHash);

    private static string Text(long amount) => amount.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Money that came in.</summary>
public sealed record FundingRequest(string AmountMicro, string Reference);

/// <summary>The answer: recorded, or exists.</summary>
public sealed record FundingView(string Reference, string AmountMicro, string Result);

/// <summary>An account and its balances.</summary>
public sealed record AccountView(string Name, string PendingMicro, string PostedMicro, string BalanceMicro);

/// <summary>What an account received, and below it what was not credited.</summary>
public sealed record StatementView(AccountView Account, IReadOnlyList<StatementLineView> Lines, bool HasMore, string LinesMicro, IReadOnlyList<NotCredited> NotCredited);

/// <summary>What one batch gave to one account.</summary>
public sealed record StatementLineView(
    string NodeId, long FirstReading, long LastReading, long OpenedUnixSeconds, long CreditableMilliwattHours, long ServedSeconds,
    string MicroPerKilowattHour, string MicroPerServedHour, string WholeMicro, string ShareMicro, string State, string PayloadHash);

/// <summary>Readings that were held or refused under one name.</summary>
public sealed record NotCredited(VerdictName Name, Outcome Outcome, int Readings, string Cure, IReadOnlyList<NotCreditedExample> Examples);

/// <summary>One run of them.</summary>
public sealed record NotCreditedExample(string NodeId, long FirstReading, int Readings, string? Figures);
