using System.Data.Common;
using System.Text;
using DePin.Fleet.Api;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Ledger;

/// <summary>Money on its way to people. Runs and addresses are changes that two people make.</summary>
public static class PayoutRoutes
{
    /// <summary>Bytes of a file of results, at most.</summary>
    internal const long MaxFileBytes = 8 * 1024 * 1024;

    /// <summary>GET /api/payouts, GET /api/payouts/{run}.csv, POST /api/payouts/results (CSV).</summary>
    public static void MapPayouts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/payouts", List).Needs(Access.WholeFleet).Does("listPayouts", "Payouts, the last run first, and why no more may be made.");
        routes.MapGet("/api/payouts/{run:long}.csv", Csv).Needs(Roles.Manager).Does("getPayoutFile", "The file of a payout run for the provider.").Gives("text/csv", "Reference, phone, amount, name.");
        routes.MapPost("/api/payouts/results", ImportAsync).Needs(Roles.Manager).Does("importPayoutResults", "Takes the provider's results, all of them or none, any number of times.").Takes("text/csv", "Columns reference and result (paid, failed, unknown); at most 8 MiB.");
    }

    private static Ok<PayoutsView> List(Database database, PayoutLock payoutLock, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection connection = database.OpenReader();
        string[]? after = paging.Parts(2);
        Page<PayoutView> page = paging.Of(
            after is null ? PayoutStore.Page(connection, paging.Rows) : PayoutStore.Page(connection, paging.Rows, Paging.NumberOf(after[0]), after[1]), row => $"{row.Run}|{row.Account}", PayoutView.Of);
        return TypedResults.Ok(new PayoutsView(payoutLock.Reason, page.Items, page.Next));
    }

    private static Results<FileContentHttpResult, ProblemHttpResult> Csv(long run, Database database)
    {
        using DbConnection connection = database.OpenReader();
        return PayoutStore.HasRun(connection, run)
            ? TypedResults.Bytes(Encoding.UTF8.GetBytes(PayoutCsv.Write(PayoutStore.ToSend(connection, run))), "text/csv; charset=utf-8", $"payout-{run}.csv")
            : TypedResults.Problem($"There is no payout run {run}.", statusCode: 404);
    }

    /// <summary>Imports a provider's results, all or none; what is wrong with them, and the status that says so.</summary>
    internal static async Task<(PayoutResults? Results, Sentence? Problem, int Status)> TakeAsync(string text, StoreWriter writer, TimeProvider clock)
    {
        (IReadOnlyList<(string Reference, string Result)> results, Sentence? problem) = PayoutCsv.Read(text);
        if (problem is not null)
        {
            return (null, Sentence.Of($"{problem} Nothing was imported."), StatusCodes.Status400BadRequest);
        }

        return await writer.RunAsync<(PayoutResults?, Sentence?, int)>(connection => Conflict(connection, results) is { } conflict
            ? (null, Sentence.Of($"{conflict} Nothing was imported."), StatusCodes.Status409Conflict)
            : (Import(connection, results, clock.GetUtcNow().ToUnixTimeMilliseconds()), null, StatusCodes.Status200OK));
    }

    private static async Task<Results<Ok<PayoutResults>, ProblemHttpResult>> ImportAsync(HttpRequest request, StoreWriter writer, TimeProvider clock)
    {
        if (request.ContentLength is null or > MaxFileBytes)
        {
            return TypedResults.Problem($"Send a CSV file of at most {MaxFileBytes} bytes with its length. Nothing was imported.", statusCode: 413);
        }

        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        (PayoutResults? results, Sentence? problem, int status) = await TakeAsync(await reader.ReadToEndAsync(request.HttpContext.RequestAborted), writer, clock);
        return results is not null ? TypedResults.Ok(results) : TypedResults.Problem($"{problem}", statusCode: status);
    }

    // The first result that cannot be true, or null: all are looked at before any is taken.
    private static Sentence? Conflict(DbConnection connection, IReadOnlyList<(string Reference, string Result)> results)
    {
        foreach ((string reference, string result) in results)
        {
            if (PayoutStore.Find(connection, reference) is not { } payout)
            {
                return Sentence.Of($"There is no payout '{reference}'.");
            }

            if (payout.State != result && payout.State is ("paid" or "failed"))
            {
                return Sentence.Of($"The payout '{reference}' is recorded as {payout.State}; the file says {result}. Ask the provider which is true; a paid one is never paid again.");
            }
        }

        return null;
    }

    private static PayoutResults Import(DbConnection connection, IReadOnlyList<(string Reference, string Result)> results, long now)
    {
        int changed = 0;
        foreach ((string reference, string result) in results)
        {
            PayoutRow payout = PayoutStore.Find(connection, reference)!;
            if (payout.State == result)
            {
                continue;
            }

            PayoutStore.End(connection, reference, result, now);
            if (result != "unknown")
            {
                (string kind, long to) = result == "paid" ? (Transfers.Paid, Transfers.PaidOut) : (Transfers.Returned, payout.AccountRow);
                LedgerStore.Post(connection, Transfers.IdOf(kind, reference), kind, Transfers.Payouts, to, payout.AmountMicro, reference, now);
            }

            changed++;
        }

        return new PayoutResults(results.Count, changed);
    }
}

/// <summary>Payouts, the last ones first, and why no more may be made, or null.</summary>
public sealed record PayoutsView(Sentence? Locked, IReadOnlyList<PayoutView> Items, string? Next);

/// <summary>One person's money in a run; micro-credits as text. State is sent, unknown, paid or failed.</summary>
public sealed record PayoutView(string Reference, long Run, string Account, string Phone, string? PayeeName, string AmountMicro, string State, long? ResultUnixMilliseconds)
{
    internal static PayoutView Of(PayoutRow row) => new(row.Reference, row.Run, row.Account, row.Phone, row.PayeeName, Transfers.Text(row.AmountMicro), row.State, row.ResultUnixMilliseconds);
}

/// <summary>How many results a file named, and how many of them were new.</summary>
public sealed record PayoutResults(int Results, int Changed);
