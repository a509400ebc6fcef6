using System.Text;

namespace DePin.Fleet.Proof;

/// <summary>What the log holds the hash of.</summary>
internal static class LogContent
{
    /// <summary>Kind of a stored batch: the content is the signed bytes as they came.</summary>
    public const byte Batch = 0;

    /// <summary>Kind of a transfer.</summary>
    public const byte Transfer = 1;

    /// <summary>Kind of an event.</summary>
    public const byte Event = 2;

    /// <summary>An entry: its kind and the SHA-256 of its content.</summary>
    public static byte[] Entry(byte kind, ReadOnlySpan<byte> contentHash) => [kind, .. contentHash];

    /// <summary>
    /// The content of a transfer: lines of text. <paramref name="source"/> is the payload hash of the batch that earned it, as hex, or the
    /// transfer's reference. The state is not in it: it changes.
    /// </summary>
    public static byte[] OfTransfer(ReadOnlySpan<byte> id, string kind, string debit, string credit, long amountMicro, string source) =>
        Encoding.UTF8.GetBytes($"depin/1/transfer\n{Convert.ToHexStringLower(id)}\n{kind}\n{debit}\n{credit}\n{amountMicro}\n{source}\n");

    /// <summary>The content of an event.</summary>
    public static byte[] OfEvent(string kind, long atUnixMilliseconds, string by, string json) =>
        Encoding.UTF8.GetBytes($"depin/1/event\n{kind}\n{atUnixMilliseconds}\n{by}\n{json}\n");
}
