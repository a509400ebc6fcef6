using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using DePin.Fleet.Api;
using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Ledger;

/// <summary>An AirNode's traffic earns only against vouchers: traffic alone can be made at home.</summary>
internal static class VoucherRoutes
{
    private const int MostAtOnce = 1000;
    private const int CodeLength = 16;

    // Without letters and digits that are taken for one another.
    private const string Letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    /// <summary>POST /api/vouchers, POST /api/vouchers/redeem.</summary>
    public static void MapVouchers(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/vouchers", MakeAsync).Needs(Roles.Manager).Does("makeVouchers", "Makes 1 to 1000 vouchers; their codes are shown once.");
        routes.MapPost("/api/vouchers/redeem", RedeemAsync).Needs(Roles.Manager | Roles.Operator).Does("redeemVoucher", "Redeems a voucher where its Wi-Fi was used.");
    }

    private static async Task<Results<Ok<string[]>, ProblemHttpResult>> MakeAsync(VoucherRequest request, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        if (request.Count is < 1 or > MostAtOnce)
        {
            return TypedResults.Problem($"count must be from 1 to {MostAtOnce}. None was made.", statusCode: 400);
        }

        string[] codes = [.. Enumerable.Range(0, request.Count).Select(_ => RandomNumberGenerator.GetString(Letters, CodeLength))];
        await writer.RunAsync(connection =>
        {
            long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            Array.ForEach(codes, code => VoucherStore.Insert(connection, HashOf(code), caller.Name, now));
            EventStore.Record(connection, now, "vouchers", null, caller.Name, new { request.Count });
        });
        return TypedResults.Ok(codes);
    }

    private static async Task<Results<Ok<Redeemed>, ProblemHttpResult>> RedeemAsync(RedeemRequest request, StoreWriter writer, TimeProvider clock)
    {
        (Redeemed? redeemed, string? problem) = await writer.RunAsync(connection => Redeem(connection, request, clock.GetUtcNow().ToUnixTimeMilliseconds()));
        return redeemed is null ? TypedResults.Problem($"{problem} Nothing was redeemed.", statusCode: 409) : TypedResults.Ok(redeemed);
    }

    private static (Redeemed?, string?) Redeem(DbConnection connection, RedeemRequest request, long now)
    {
        if (NodeStore.Find(connection, request.NodeId) is not { } row || !Profile.ByNumber[(int)row.Profile].ServesWifi)
        {
            return (null, $"'{request.NodeId}' is no node that serves Wi-Fi.");
        }

        Terms? terms = Terms.At(BacklogStore.File(connection, row.RowId).Terms, now / 1000);
        long amount = terms?.Tariff.MicroPerVoucher ?? 0;
        if (terms is null || amount == 0)
        {
            return (null, "The tariff pays nothing for vouchers now.");
        }

        if (amount > LedgerStore.Available(connection) || LedgerStore.IsAnyUnfunded(connection))
        {
            return (null, "The recorded funds do not reach; the voucher stays good.");
        }

        byte[] hash = HashOf(request.Code);
        if (!VoucherStore.Redeem(connection, hash, row.RowId, now))
        {
            return (null, "There is no such voucher, or it was redeemed before.");
        }

        string reference = Convert.ToHexStringLower(hash);
        var deductions = new Deductions(connection, now);
        foreach (Leg leg in Leg.Of(amount, terms.Operator, terms.CapitalBuilder, terms.Agreement))
        {
            long account = VoucherStore.Account(connection, leg.Account);
            string own = $"{reference}/{leg.Number}";
            LedgerStore.Post(connection, Transfers.IdOf(Transfers.Voucher, own), Transfers.Voucher, Transfers.Issued, account, leg.Micro, own, now);
            deductions.Of(row.RowId, account, leg.Micro, now / 1000, own);
        }

        EventStore.Record(connection, now, Transfers.Voucher, row.RowId, "voucher", new { codeHash = reference, amountMicro = amount });
        return (new Redeemed(request.NodeId, Transfers.Text(amount)), null);
    }

    private static byte[] HashOf(string code) => SHA256.HashData(Encoding.UTF8.GetBytes("depin/1/voucher\n" + code.Trim().ToUpperInvariant()));
}

/// <summary>Vouchers to make.</summary>
internal sealed record VoucherRequest(int Count);

/// <summary>A voucher to redeem where its Wi-Fi was used.</summary>
internal sealed record RedeemRequest(string Code, string NodeId);

/// <summary>What a redeemed voucher gave, for all who share.</summary>
internal sealed record Redeemed(string NodeId, string AmountMicro);
