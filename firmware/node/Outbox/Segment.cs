using System;
using DePin.Contracts;
using DePin.Contracts.Metering;

namespace DePin.Node.Outbox
{
    /// <summary>
    /// Up to 8 signed batches in one file, so that a file fits one block of the flash: what changes is written anew as a whole,
    /// and a cut leaves the file as it was. Before each batch stands what finding it needs: bytes of the message (2), readings (1),
    /// sequence (8), CRC-32 of these (4), SHA-256 of the payload (32).
    /// </summary>
    public sealed class Segment
    {
        /// <summary>Batches in a segment, at most.</summary>
        public const int MaxBatches = 8;

        /// <summary>Bytes of a block of littlefs. A segment stays within one, unless a single batch is larger.</summary>
        public const int BlockBytes = 4096;

        private const int HeadSize = 47;
        private const int SequenceAt = 3;
        private const int CrcAt = 11;
        private const int HashAt = 15;
        private readonly byte[] _file;
        private readonly int[] _offsets = new int[MaxBatches + 1];

        /// <param name="key">Number in the file's name: no batch in it begins before, none in those before at or after it.</param>
        /// <param name="file">The file's content.</param>
        public Segment(long key, byte[] file)
        {
            Key = key;
            _file = file;
            while (Count < MaxBatches && IsWhole(_offsets[Count]))
            {
                int length = (int)Bytes.GetNumber(file, _offsets[Count], 2);
                Count++;
                _offsets[Count] = _offsets[Count - 1] + HeadSize + length;
            }
        }

        /// <summary>Number in the file's name.</summary>
        public long Key { get; }

        /// <summary>Batches in it.</summary>
        public int Count { get; private set; }

        /// <summary>Whether something follows its last readable batch.</summary>
        public bool IsDamaged { get { return _offsets[Count] != _file.Length; } }

        /// <summary>Blocks of flash that so many bytes take.</summary>
        public static int BlocksOf(int bytes)
        {
            return (bytes + BlockBytes - 1) / BlockBytes;
        }

        /// <summary>Bytes that a message takes in a segment.</summary>
        public static int SizeOf(int messageBytes)
        {
            return HeadSize + messageBytes;
        }

        /// <summary>Whether another message has room.</summary>
        public bool Takes(int messageBytes)
        {
            return Count < MaxBatches && _offsets[Count] + SizeOf(messageBytes) <= BlockBytes;
        }

        /// <summary>Number of the first reading of one of its batches.</summary>
        public long Sequence(int index)
        {
            return Bytes.GetNumber(_file, _offsets[index] + SequenceAt, 8);
        }

        /// <summary>One of its batches.</summary>
        public StoredBatch Batch(int index)
        {
            int offset = _offsets[index];
            byte[] hash = new byte[Contracts.Metering.Batch.HashSize];
            Array.Copy(_file, offset + HashAt, hash, 0, hash.Length);
            long sequence = Sequence(index);
            return new StoredBatch(sequence, sequence + _file[offset + 2], hash);
        }

        /// <summary>The signed bytes of one of its batches.</summary>
        public byte[] Message(int index)
        {
            byte[] message = new byte[_offsets[index + 1] - _offsets[index] - HeadSize];
            Array.Copy(_file, _offsets[index] + HeadSize, message, 0, message.Length);
            return message;
        }

        /// <summary>Index of the first batch that begins at or after a sequence number; <see cref="Count"/> where there is none.</summary>
        public int Lowest(long sequence)
        {
            int index = 0;
            while (index < Count && Sequence(index) < sequence)
            {
                index++;
            }

            return index;
        }

        /// <summary>Index of a batch, or -1.</summary>
        public int IndexOf(StoredBatch batch)
        {
            int index = Lowest(batch.Sequence);
            return index < Count && Batch(index).IsSameAs(batch) ? index : -1;
        }

        /// <summary>The file with one more batch at its end.</summary>
        public byte[] With(StoredBatch batch, byte[] message)
        {
            int end = _offsets[Count];
            byte[] file = new byte[end + SizeOf(message.Length)];
            Array.Copy(_file, 0, file, 0, end);
            Bytes.PutNumber(file, end, message.Length, 2);
            file[end + 2] = (byte)(batch.Next - batch.Sequence);
            Bytes.PutNumber(file, end + SequenceAt, batch.Sequence, 8);
            Array.Copy(batch.Hash, 0, file, end + HashAt, batch.Hash.Length);
            Bytes.PutNumber(file, end + CrcAt, Crc32.Of(file, end, CrcAt), 4);
            Array.Copy(message, 0, file, end + HeadSize, message.Length);
            return file;
        }

        /// <summary>The file without some of its batches; empty when none is left.</summary>
        public byte[] Without(int from, int to)
        {
            int after = _offsets[Count] - _offsets[to];
            byte[] file = new byte[_offsets[from] + after];
            Array.Copy(_file, 0, file, 0, _offsets[from]);
            Array.Copy(_file, _offsets[to], file, _offsets[from], after);
            return file;
        }

        private bool IsWhole(int offset)
        {
            if (offset + HeadSize > _file.Length)
            {
                return false;
            }

            int readings = _file[offset + 2];
            return offset + HeadSize + (int)Bytes.GetNumber(_file, offset, 2) <= _file.Length
                && readings > 0
                && readings <= MeteringLimits.ReadingsPerBatch
                && Bytes.GetNumber(_file, offset + CrcAt, 4) == Crc32.Of(_file, offset, CrcAt);
        }
    }
}
