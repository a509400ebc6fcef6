using System.Data.Common;
using System.Globalization;
using DePin.Contracts.Identity;
using DePin.Fleet.Api;
using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Ledger;

/// <summary>Recording funds, and looking into the books. Amounts are micro-credits, as text, since they may pass 2^53.</summary>
public static class LedgerRoutes
{
    private const int ReferenceLength = 100;
    private const long MaxFunding = 1_000_000_000_000_000_000;

    /// <summary>GET and POST /api/funding, GET /api/accounts, /api/accounts/{name}/balance?at=, /statement and .csv, /movements, /api/nodes/{id}/verdicts, /api/loans.</summary>
    public static void MapLedger(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/funding", FundAsync).Needs(Roles.Manager).Does("recordFunding", "Records money that came in; the same reference counts once.");
        routes.MapGet("/api/funding", Fundings).Needs(Access.WholeFleet).Does("listFundings", "Money that came in, the oldest first.");
        routes.MapGet("/api/accounts", Accounts).Needs(Access.WholeFleet).Does("listAccounts", "All accounts with their balances, by name.");
        routes.MapGet("/api/accounts/{name}/balance", Balance).Needs(Access.OwnPart).Does("getBalance", "An account as it stood at a moment, in Unix seconds.");
        routes.MapGet("/api/accounts/{name}/statement", Statement).Needs(Access.OwnPart).Does("getStatement", "What an account received in a time (Unix seconds), what else moved on it, and what was not credited and why.");
        routes.MapGet("/api/accounts/{name}/movements", Movements).Needs(Access.OwnPart).Does("listMovements", "What else came or went on an account in a time: availability, loans, reversals, payouts; the oldest first.");
        routes.MapGet("/api/accounts/{name}/statement.csv", StatementCsvFile).Needs(Access.OwnPart).Does("getStatementCsv", "The whole statement as a table.").Gives("text/csv", "The statement.");
        routes.MapGet("/api/nodes/{id}/verdicts", Verdicts).Needs(Access.OwnPart).Does("listVerdicts", "Verdicts over a node's batches, the oldest first.");
        routes.MapGet("/api/loans", Loans).Needs(Access.WholeFleet).Does("listLoans", "Every loan, the newest first.");
    }

    /// <summary>What somebody hears who asks for another's account, whether there is one or not.</summary>
    internal static string NotYours(string account) => $"The account '{account}' is not one of yours.";

    private static async Task<Results<Ok<FundingView>, ProblemHttpResult>> FundAsync(FundingRequest funding, StoreWriter writer, TimeProvider clock)
    {
        if (!long.TryParse(funding.AmountMicro, NumberStyles.None, CultureInfo.InvariantCulture, out long amount) || amount is 0 or > MaxFunding)
        {
            return TypedResults.Problem($"amountMicro must be a whole number of micro-credits from 1 to {MaxFunding}, as text. Nothing was recorded.", statusCode: 400);
        }

        if (funding.Reference.Length is 0 or > ReferenceLength || funding.Reference.Any(char.IsControl))
        {
            return TypedResults.Problem(
                $"reference must have 1 to {ReferenceLength} characters, none of them a control character; it makes the same funding count once. Nothing was recorded.",
                statusCode: 400);
        }

        try
        {
            long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            bool isNew = await writer.RunAsync(connection => LedgerStore.Fund(connection, funding.Reference, amount, now));
            return TypedResults.Ok(new FundingView(funding.Reference, Transfers.Text(amount), isNew ? "recorded" : "exists"));
        }
        catch (InvalidOperationException conflict)
        {
            return TypedResults.Problem(conflict.Message, statusCode: 409);
        }
    }

    private static Ok<Page<AccountView>> Accounts(Database database, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(TallyStore.Accounts(connection, paging.Text, paging.Rows), row => row.Name, AccountView.Of));
    }

    private static Ok<Page<FundingLineView>> Fundings(Database database, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(StatementStore.Fundings(connection, 0, long.MaxValue, paging.Rows, paging.After), row => row.N, FundingLineView.Of));
    }

    private static Results<Ok<Page<MovementView>>, ProblemHttpResult> Movements(string name, Caller caller, Database database, long from = 0, long to = long.MaxValue, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        if (!caller.MaySee(name))
        {
            return TypedResults.Problem(NotYours(name), statusCode: 403);
        }

        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(StatementStore.Movements(connection, name, from, to, paging.Rows, paging.After), row => row.N, MovementView.Of));
    }

    private static Results<Ok<StatementView>, ProblemHttpResult> Statement(
        string name, Caller caller, Database database, long from = 0, long to = long.MaxValue, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        if (!caller.MaySee(name))
        {
            return TypedResults.Problem(NotYours(name), statusCode: 403);
        }

        if (from > to)
        {
            return TypedResults.Problem("from must not lie after to (both Unix seconds).", statusCode: 400);
        }

        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        return TallyStore.Account(connection, name) is { } account
            ? TypedResults.Ok(StatementView.Read(connection, account, from, to, paging.After, limit))
            : TypedResults.Problem($"There is no account '{name}'. GET /api/accounts lists them; a person's account begins with the first pairing.", statusCode: 404);
    }

    private static Ok<Page<LoanView>> Loans(Database database, TimeProvider clock, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection connection = database.OpenReader();
        long now = clock.GetUtcNow().ToUnixTimeSeconds();
        return TypedResults.Ok(paging.Of(LoanStore.Page(connection, paging.Rows, paging.Before), row => row.Id, row => new LoanView(
            row.NodeId, row.Lender, row.FromUnixSeconds, Transfers.Text(row.PrincipalMicro), row.BasisPoints, Transfers.Text(row.RepaidMicro), Transfers.Text(row.ToLoan().DueMicro(now)))));
    }

    private static Results<Ok<AccountView>, ProblemHttpResult> Balance(string name, Caller caller, Database database, long at)
    {
        if (!caller.MaySee(name))
        {
            return TypedResults.Problem(NotYours(name), statusCode: 403);
        }

        if (at is < 0 or > 253_402_300_799)
        {
            return TypedResults.Problem("at must be a moment in Unix seconds.", statusCode: 400);
        }

        using DbConnection connection = database.OpenReader();
        return TallyStore.AccountAt(connection, name, at * 1000 + 999) is { } account
            ? TypedResults.Ok(AccountView.Of(account))
            : TypedResults.Problem($"There is no account '{name}'.", statusCode: 404);
    }

    private static Results<FileContentHttpResult, ProblemHttpResult> StatementCsvFile(string name, Caller caller, Database database, long from = 0, long to = long.MaxValue)
    {
        if (!caller.MaySee(name))
        {
            return TypedResults.Problem(NotYours(name), statusCode: 403);
        }

        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        return TallyStore.Account(connection, name) is { } account && from <= to
            ? TypedResults.Bytes(System.Text.Encoding.UTF8.GetBytes(StatementCsv.Write(connection, account, from, to)), "text/csv; charset=utf-8", $"{name.Replace(':', '-')}.csv")
            : TypedResults.Problem($"There is no account '{name}', or from lies after to.", statusCode: 404);
    }

    private static Results<Ok<Page<VerdictRow>>, ProblemHttpResult> Verdicts(string id, Caller caller, Database database, NodeDirectory nodes, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        if (NodeId.Parse(id) is not { } node || nodes.Find(node) is null)
        {
            return TypedResults.Problem($"No node '{id}' is registered.", statusCode: 404);
        }

        using DbConnection connection = database.OpenReader();
        if (NodeStore.Find(connection, node.ToString()) is not { } row || !caller.MaySeeNodeOf(row.Operator, row.CapitalBuilder))
        {
            return TypedResults.Problem($"Node {id} is not one of yours.", statusCode: 403);
        }

        return TypedResults.Ok(paging.Of(StatementStore.Verdicts(connection, node.ToString(), paging.After, paging.Rows), verdict => verdict.Batch));
    }
}

/// <summary>A loan, what is repaid of it, and what its schedule expects by now; amounts are micro-credits as text.</summary>
public sealed record LoanView(string NodeId, string Lender, long FromUnixSeconds, string PrincipalMicro, int BasisPoints, string RepaidMicro, string DueMicro);

/// <summary>Money that came in.</summary>
public sealed record FundingRequest(string AmountMicro, string Reference);

/// <summary>The answer: recorded, or exists.</summary>
public sealed record FundingView(string Reference, string AmountMicro, string Result);
