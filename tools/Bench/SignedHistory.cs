using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DePin.Contracts;
using DePin.Contracts.Metering;

namespace DePin.Tools.Bench;

/// <summary>
/// A lamp's batches, signed beforehand and lying ready as whole MQTT packets in one array, so that sending one costs the load
/// generator a single call.
/// </summary>
internal sealed class SignedHistory
{
    private readonly byte[] _packets;
    private readonly int[] _starts;
    private readonly byte[] _hashes;
    private readonly int _topicBytes;

    private SignedHistory(Lamp lamp, byte[] packets, int[] starts, byte[] hashes, int topicBytes)
    {
        Lamp = lamp;
        _packets = packets;
        _starts = starts;
        _hashes = hashes;
        _topicBytes = topicBytes;
    }

    public Lamp Lamp { get; }

    /// <summary>Batches of 12 readings.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>Signs so many batches, the first opening at a moment.</summary>
    public static SignedHistory Sign(Lamp lamp, int batches, long fromUnixSeconds)
    {
        const int ExpectedPacketBytes = 520;
        var history = new LampHistory(lamp.Id, lamp.Index, fromUnixSeconds);
        byte[] topic = Encoding.ASCII.GetBytes(Topics.Of(lamp.Id.ToString(), Topics.Batch));
        var packets = new MemoryStream(batches * ExpectedPacketBytes);
        var starts = new int[batches + 1];
        var hashes = new byte[batches * Batch.HashSize];
        for (int i = 0; i < batches; i++)
        {
            Batch batch = history.Next();
            byte[] payload = batch.Encode();
            byte[] hash = SHA256.HashData(payload);
            hash.CopyTo(hashes, i * Batch.HashSize);
            WritePublish(packets, topic, lamp.Sign(payload));
            starts[i + 1] = (int)packets.Length;
            history.Follow(batch, hash);
        }

        return new SignedHistory(lamp, packets.ToArray(), starts, hashes, topic.Length);
    }

    /// <summary>The PUBLISH packet of a batch.</summary>
    public ReadOnlySpan<byte> Packet(int index) => _packets.AsSpan(_starts[index].._starts[index + 1]);

    /// <summary>The signed message in that packet.</summary>
    public byte[] Message(int index)
    {
        const int HeadAndTopicLength = 5;
        return Packet(index)[(HeadAndTopicLength + _topicBytes)..].ToArray();
    }

    /// <summary>SHA-256 of a batch's payload.</summary>
    public ReadOnlySpan<byte> Hash(int index) => _hashes.AsSpan(index * Batch.HashSize, Batch.HashSize);

    /// <summary>Number of a batch's first reading.</summary>
    public static long Sequence(int index) => 1 + (long)index * LampHistory.ReadingsPerBatch;

    /// <summary>How many batches a receipt with this next sequence number covers.</summary>
    public static int Covered(long next) => (int)((next - 1) / LampHistory.ReadingsPerBatch);

    private static void WritePublish(MemoryStream packets, byte[] topic, byte[] message)
    {
        int remaining = 2 + topic.Length + message.Length;
        Span<byte> head = stackalloc byte[5];
        head[0] = 0x30;

        // Always between 128 and 16,383, so always two bytes.
        head[1] = (byte)((remaining & 0x7F) | 0x80);
        head[2] = (byte)(remaining >> 7);
        BinaryPrimitives.WriteUInt16BigEndian(head[3..], (ushort)topic.Length);
        packets.Write(head);
        packets.Write(topic);
        packets.Write(message);
    }
}
