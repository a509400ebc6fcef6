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

        /// <summary>One of <see cref="DePin.Contracts.Metering.GapReason"/>: why the backend's next reading may be missing here.</summary>
        public int GapReason = Contracts.Metering.GapReason.Lost;

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
            writer.WriteArray(16);
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
            writer.WriteUInt(BatchReadings);
            writer.WriteUInt(StatusSeconds);
            writer.WriteUInt(GapReason);
            writer.WriteBytes(Unsigned);
            writer.WriteBytes(Draft);
            return writer.ToArray();
        }

        /// <summary>Reads a state, or null when the bytes are not one.</summary>
        public static NodeState? Decode(byte[] data, int offset, int count)
        {
            CborReader reader = new CborReader(data, offset, count);
            NodeState state = new NodeState();
            reader.ReadArray(16, 16);
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
            state.BatchReadings = (int)reader.ReadUInt(1, MeteringLimits.ReadingsPerBatch);
            state.StatusSeconds = (int)reader.ReadUInt(60, 86400);
            state.GapReason = (int)reader.ReadUInt(Contracts.Metering.GapReason.Lost, Contracts.Metering.GapReason.Fork);
            state.Unsigned = reader.ReadBytes(0, MaxPayload);
            state.Draft = reader.ReadBytes(0, MaxPayload);
            return reader.Finish() ? state : null;
        }
    }
}
