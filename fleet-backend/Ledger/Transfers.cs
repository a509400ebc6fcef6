using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DePin.Fleet.Ledger;

/// <summary>Names of accounts, and ids of transfers.</summary>
public static class Transfers
{
    /// <summary>Row of the account of the world outside.</summary>
    public const long Funders = 1;

    /// <summary>Row of the account that credit is paid from.</summary>
    public const long Issued = 2;

    /// <summary>Row of the community reserve.</summary>
    public const long Reserve = 3;

    /// <summary>Name of the community reserve.</summary>
    public const string ReserveName = "reserve";

    /// <summary>Row of the account of money handed to payout runs.</summary>
    public const long Payouts = 4;

    /// <summary>Row of the account of money that reached people.</summary>
    public const long PaidOut = 5;

    /// <summary>What the account of an operator begins with.</summary>
    public const string OperatorPrefix = "operator:";

    /// <summary>What the account of a capital builder begins with.</summary>
    public const string CapitalBuilderPrefix = "builder:";

    /// <summary>What the account of an infrastructure manager begins with.</summary>
    public const string ManagerPrefix = "manager:";

    /// <summary>What the account of a lender begins with.</summary>
    public const string LenderPrefix = "lender:";

    /// <summary>The kind of transfers that bring money in.</summary>
    public const string Funding = "funding";

    /// <summary>The kind of transfers for energy.</summary>
    public const string Energy = "energy";

    /// <summary>The kind of transfers for service.</summary>
    public const string Service = "service";

    /// <summary>The kind of transfers for a redeemed voucher.</summary>
    public const string Voucher = "voucher";

    /// <summary>The kind of transfers by which a month's availability takes back service, or gives it again.</summary>
    public const string Availability = "availability";

    /// <summary>The kind of transfers that repay a loan.</summary>
    public const string Repayment = "repayment";

    /// <summary>The kind of transfers that take credit back.</summary>
    public const string Reversal = "reversal";

    /// <summary>The kind of transfers that recover what a reversal could not take.</summary>
    public const string Recovery = "recovery";

    /// <summary>The kind of transfers that hand money to a payout run.</summary>
    public const string Payout = "payout";

    /// <summary>The kind of transfers for a payout that arrived.</summary>
    public const string Paid = "paid";

    /// <summary>The kind of transfers for a payout that failed.</summary>
    public const string Returned = "returned";

    /// <summary>
    /// The id of a transfer: SHA-256 over kind, 0, payload hash, segment, leg (0 operator, 1 capital builder, 2 reserve, 3 manager; one byte each) and
    /// generation (4 bytes, big-endian), which rises only by a reversal.
    /// </summary>
    public static byte[] IdOf(string kind, ReadOnlySpan<byte> payloadHash, byte segment, byte leg, int generation)
    {
        Span<byte> input = stackalloc byte[16 + SHA256.HashSizeInBytes + 6];
        int length = Encoding.ASCII.GetBytes(kind, input);
        input[length++] = 0;
        payloadHash.CopyTo(input[length..]);
        length += payloadHash.Length;
        input[length++] = segment;
        input[length++] = leg;
        BinaryPrimitives.WriteInt32BigEndian(input[length..], generation);
        return SHA256.HashData(input[..(length + 4)]);
    }

    /// <summary>The id of a funding: SHA-256 over "funding", 0 and its reference, so that the same funding is recorded once.</summary>
    public static byte[] FundingId(string reference) => IdOf(Funding, reference);

    /// <summary>The id of a transfer that follows from a document: SHA-256 over kind, 0 and the reference.</summary>
    public static byte[] IdOf(string kind, string reference) => SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\0{reference}"));

    /// <summary>An amount as text: in JSON a number is exact only below 2^53.</summary>
    public static string Text(long micro) => micro.ToString(CultureInfo.InvariantCulture);
}
