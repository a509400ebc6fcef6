using System;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Node.Metering;

namespace DePin.Node.Outbox
{
    /// <summary>
    /// What a node must remember beside its signed batches. Written whenever a reading closes, so that a power cut costs the
    /// unfinished reading and nothing else.
    /// </summary>
    public sealed class NodeState
    {
        private const int MaxPayload = MeteringLimits.SignedBatchBytes;

        /// <summary>Number of this start of the node.</summary>
        public long Boot;

        /// <summary>Sequence number after the newest closed batch.</summary>
        public long NextSequence = 1;

        /// <summary>SHA-256 of the newest closed batch's payload.</summary>
        public byte[] Head = new byte[Batch.HashSize];

        /// <summary>Energy over the node's life when the last reading closed.</summary>
        public EnergyTotals Totals = new EnergyTotals(0, 0, 0);

        /// <summary>Highest counter seen in a sealed message.</summary>
        public long DownCounter;

        /// <summary>Batches below this sequence number are released by a receipt.</summary>
        public long Released = 1;

        /// <summary>Version of the config in force, 0 for the defaults.</summary>
        public long ConfigVersion;

        /// <summary>Seconds of a reading.</summary>
        public int SlotSeconds = Limits.SlotSeconds;

        /// <summary>Readings of a batch.</summary>
        public int BatchReadings = Limits.BatchReadings;

        /// <summary>Seconds between statuses.</summary>
        public int StatusSeconds = Limits.StatusSeconds;

        /// <summary>Payload of the batch that is closed and not signed yet; empty when there is none.</summary>
        public byte[] Unsigned = new byte[0];

        /// <summary>Payload of the open batch as it stood when its last reading closed; empty when it has none.</summary>
        public byte[] Draft = new byte[0];

        /// <summary>The state's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(160 + Unsigned.Length + Draft.Length);
            writer.WriteArray(14);
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteUInt(Boot);
            writer.WriteUInt(NextSequence);
            writer.WriteBytes(Head);
            writer.WriteUInt(Totals.HarvestedMicrojoules);
            writer.WriteUInt(Totals.DeliveredMicrojoules);
            writer.WriteUInt(Totals.ImportedMicrojoules);
            writer.WriteUInt(DownCounter);
            writer.WriteUInt(Released);
            writer.WriteUInt(ConfigVersion);
            writer.WriteUInt(SlotSeconds);
            writer.WriteArray(2);
            writer.WriteUInt(BatchReadings);
            writer.WriteUInt(StatusSeconds);
            writer.WriteBytes(Unsigned);
            writer.WriteBytes(Draft);
            return writer.ToArray();
        }

        /// <summary>Reads a state, or null when the bytes are not one.</summary>
        public static NodeState? Decode(byte[] data, int offset, int count)
        {
            CborReader reader = new CborReader(data, offset, count);
            NodeState state = new NodeState();
            reader.ReadArray(14, 14);
            reader.ReadUInt(MeteringLimits.Format, MeteringLimits.Format);
            state.Boot = reader.ReadUInt(0, uint.MaxValue);
            state.NextSequence = reader.ReadUInt(1, MeteringLimits.CounterMax);
            state.Head = reader.ReadBytes(Batch.HashSize, Batch.HashSize);
            long harvested = reader.ReadUInt(0, long.MaxValue);
            long delivered = reader.ReadUInt(0, long.MaxValue);
            long imported = reader.ReadUInt(0, long.MaxValue);
            state.Totals = new EnergyTotals(harvested, delivered, imported);
            state.DownCounter = reader.ReadUInt(0, MeteringLimits.CounterMax);
            state.Released = reader.ReadUInt(1, MeteringLimits.CounterMax);
            state.ConfigVersion = reader.ReadUInt(0, uint.MaxValue);
            state.SlotSeconds = (int)reader.ReadUInt(60, MeteringLimits.ReadingSeconds);
            reader.ReadArray(2, 2);
            state.BatchReadings = (int)reader.ReadUInt(1, MeteringLimits.ReadingsPerBatch);
            state.StatusSeconds = (int)reader.ReadUInt(60, 86400);
            state.Unsigned = reader.ReadBytes(0, MaxPayload);
            state.Draft = reader.ReadBytes(0, MaxPayload);
            return reader.Finish() ? state : null;
        }
    }

    /// <summary>Keeps the state in two files in turn, each with a serial number and a checksum: a cut can spoil only the older one.</summary>
    public sealed class StateFiles
    {
        private readonly IFlash _flash;
        private readonly NodeCounts _counts;
        private long _serial;

        /// <param name="flash">Where the two files are.</param>
        /// <param name="counts">Where writes and damage are counted.</param>
        public StateFiles(IFlash flash, NodeCounts counts)
        {
            _flash = flash;
            _counts = counts;
        }

        /// <summary>The newest whole state, or null where there is none.</summary>
        public NodeState? Load()
        {
            NodeState? newest = null;
            for (int i = 0; i < 2; i++)
            {
                byte[]? file = _flash.Read(Name(i));
                if (file == null || file.Length == 0)
                {
                    continue;
                }

                long serial = 0;
                NodeState? state = file.Length < 12 ? null : Check(file, out serial);
                if (state == null)
                {
                    _counts.FilesDamaged++;
                }
                else if (newest == null || serial > _serial)
                {
                    newest = state;
                    _serial = serial;
                }
            }

            return newest;
        }

        /// <summary>Writes the state over the older of the two files.</summary>
        public void Save(NodeState state)
        {
            _serial++;
            byte[] content = state.Encode();
            byte[] file = new byte[content.Length + 12];
            Array.Copy(content, 0, file, 8, content.Length);
            PutNumber(file, 0, _serial, 8);
            PutNumber(file, file.Length - 4, Crc32.Of(file, 0, file.Length - 4), 4);
            _flash.Write(Name((int)(_serial & 1)), file);
            _counts.FlashWrites++;
        }

        private static string Name(int index)
        {
            return index == 0 ? "state-0" : "state-1";
        }

        private static NodeState? Check(byte[] file, out long serial)
        {
            serial = GetNumber(file, 0, 8);
            bool isWhole = GetNumber(file, file.Length - 4, 4) == Crc32.Of(file, 0, file.Length - 4);
            return isWhole ? NodeState.Decode(file, 8, file.Length - 12) : null;
        }

        private static void PutNumber(byte[] bytes, int offset, long value, int size)
        {
            for (int i = 0; i < size; i++)
            {
                bytes[offset + i] = (byte)(value >> (8 * i));
            }
        }

        private static long GetNumber(byte[] bytes, int offset, int size)
        {
            long value = 0;
            for (int i = size - 1; i >= 0; i--)
            {
                value = (value << 8) | bytes[offset + i];
            }

            return value;
        }
    }
}
