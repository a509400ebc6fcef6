using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Ledger;

/// <summary>Vouchers for Wi-Fi use.</summary>
internal static class VoucherStore
{
    /// <summary>Stores a voucher by the hash of its code.</summary>
    public static void Insert(DbConnection connection, byte[] codeHash, string by, long nowUnixMilliseconds) =>
        connection.Execute("INSERT INTO voucher(code_hash, made_ms, by) VALUES(@codeHash, @nowUnixMilliseconds, @by)", new { codeHash, by, nowUnixMilliseconds });

    /// <summary>Redeems one at a node; false where there is none, or it was redeemed.</summary>
    public static bool Redeem(DbConnection connection, byte[] codeHash, long node, long nowUnixMilliseconds) =>
        connection.Execute(
            "UPDATE voucher SET node = @node, redeemed_ms = @nowUnixMilliseconds WHERE code_hash = @codeHash AND node IS NULL", new { codeHash, node, nowUnixMilliseconds }) == 1;

    /// <summary>Row of an account.</summary>
    public static long Account(DbConnection connection, string name) => connection.ExecuteScalar<long>("SELECT id FROM account WHERE name = @name", new { name });
}
