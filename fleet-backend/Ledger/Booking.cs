using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DePin.Fleet.Crediting;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>A run of readings with the same verdict, as stored and shown.</summary>
/// <param name="First">Sequence number of the first reading.</param>
/// <param name="Count">Readings in the run.</param>
/// <param name="Outcome">What becomes of them.</param>
/// <param name="Name">Why.</param>
/// <param name="Figures">The figures that decided over the first of them.</param>
public sealed record VerdictRun(long First, int Count, Outcome Outcome, VerdictName Name, string? Figures);

/// <summary>A stored batch as the books read it.</summary>
public sealed record BatchToBook(long Id, long Node, long ArrivedMilliseconds, bool FollowsGap, byte[] PayloadHash, byte[] Message);

/// <summary>A batch with its verdicts, ready to be booked.</summary>
public sealed record JudgedBatch(
    BatchToBook Batch, long Sequence, long OpenedUnix, Verdict[] Verdicts, NodeVerdictState State, Tariff Tariff, NodeTerms Terms, EnergyQuarter[] Quarters);

/// <summary>Energy of one batch that falls into one quarter of an hour.</summary>
public readonly record struct EnergyQuarter(long Quarter, long HarvestedMilliwattHours, long DeliveredMilliwattHours);

/// <summary>Who runs and who paid for a node, and how they share.</summary>
public sealed record NodeTerms(string Operator, string CapitalBuilder, long FromUnix, long? ToUnix, Agreement Agreement);

/// <summary>Names of accounts and ids of transfers.</summary>
public static class LedgerNames
{
    /// <summary>Row of the account of the world outside.</summary>
    public const long Funders = 1;

    /// <summary>Row of the account that credit is paid from.</summary>
    public const long Issued = 2;

    /// <summary>Row of the community reserve.</summary>
    public const long Reserve = 3;

    /// <summary>The account of an operator.</summary>
    public static string Operator(string name) => "operator:" + name;

    /// <summary>The account of a capital builder.</summary>
    public static string CapitalBuilder(string name) => "builder:" + name;

    /// <summary>
    /// The id of a transfer: SHA-256 over kind, 0, payload hash, segment, leg and generation. A batch is one segment as long as
    /// no tariff, agreement or pairing changes within it; a generation rises only by a reversal.
    /// </summary>
    public static byte[] TransferId(string kind, ReadOnlySpan<byte> payloadHash, byte segment, byte leg, int generation)
    {
        Span<byte> input = stackalloc byte[16 + payloadHash.Length + 6];
        int length = Encoding.ASCII.GetBytes(kind, input);
        input[length++] = 0;
        payloadHash.CopyTo(input[length..]);
        length += payloadHash.Length;
        input[length++] = segment;
        input[length++] = leg;
        BinaryPrimitives.WriteInt32BigEndian(input[length..], generation);
        return SHA256.HashData(input[..(length + 4)]);
    }

    /// <summary>The id of a funding: SHA-256 over its reference, so that the same funding is recorded once.</summary>
    public static byte[] FundingId(string reference) => SHA256.HashData(Encoding.UTF8.GetBytes("funding\0" + reference));
}
