using System.Buffers.Binary;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Uplink;

namespace DePin.Tools.Bench;

/// <summary>
/// The two fields of a sealed receipt that the load generator needs, read in place. It does not check the MAC: the hash of its
/// own payload in the receipt is proof enough for a measurement.
/// </summary>
internal static class ReceiptView
{
    private const int UnsignedInteger = 0;
    private const int ByteString = 2;
    private const int Array = 4;

    /// <summary>Reads next and head; false when the bytes are not a sealed receipt.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out long next, out ReadOnlySpan<byte> head)
    {
        next = 0;
        head = default;
        ReadOnlySpan<byte> rest = message;
        bool isReceipt = TakeHead(ref rest, Array, out long items) && items == 2
            && TakeHead(ref rest, ByteString, out long payloadBytes) && payloadBytes <= rest.Length
            && TakeHead(ref rest, Array, out items) && items == 9
            && TakeHead(ref rest, UnsignedInteger, out long _)
            && TakeBytes(ref rest, NodeId.Size, out _)
            && TakeBytes(ref rest, Session.Size, out _)
            && TakeHead(ref rest, UnsignedInteger, out long _)
            && TakeHead(ref rest, UnsignedInteger, out next);
        return isReceipt && TakeBytes(ref rest, Batch.HashSize, out head);
    }

    private static bool TakeBytes(scoped ref ReadOnlySpan<byte> rest, int size, out ReadOnlySpan<byte> bytes)
    {
        bool isThere = TakeHead(ref rest, ByteString, out long length) && length == size && rest.Length >= size;
        bytes = isThere ? rest[..size] : default;
        rest = isThere ? rest[size..] : rest;
        return isThere;
    }

    // RFC 8949, 3: major type in the three high bits; below 24 the value itself, 24 to 27 say how many bytes follow.
    private static bool TakeHead(scoped ref ReadOnlySpan<byte> rest, int major, out long value)
    {
        value = 0;
        if (rest.IsEmpty || rest[0] >> 5 != major)
        {
            return false;
        }

        int info = rest[0] & 0x1F;
        int more = info < 24 ? 0 : info > 27 ? int.MaxValue : 1 << (info - 24);
        if (more > rest.Length - 1)
        {
            return false;
        }

        value = more switch
        {
            0 => info,
            1 => rest[1],
            2 => BinaryPrimitives.ReadUInt16BigEndian(rest[1..]),
            4 => BinaryPrimitives.ReadUInt32BigEndian(rest[1..]),
            _ => BinaryPrimitives.ReadInt64BigEndian(rest[1..]),
        };
        rest = rest[(1 + more)..];
        return true;
    }
}
