using System;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;

namespace DePin.Contracts.Metering
{
    /// <summary>
    /// Up to 96 readings, contiguous in time and of one boot, chained to the batch before by its payload's SHA-256.
    /// A batch that was signed once is immutable.
    /// </summary>
    public sealed class Batch
    {
        /// <summary>Bytes of a SHA-256, as in <see cref="Previous"/>.</summary>
        public const int HashSize = 32;

        /// <summary>Bytes of the firmware digest.</summary>
        public const int FirmwareSize = 8;

        private Batch(NodeId node, byte[] firmware, byte[] previous, Counters opening, Reading[] readings)
        {
            Node = node;
            Firmware = firmware;
            Previous = previous;
            Opening = opening;
            Readings = readings;
        }

        /// <summary>The node that measured.</summary>
        public NodeId Node { get; }

        /// <summary>Number of the start of the node in which this was measured.</summary>
        public long Boot { get; set; }

        /// <summary>Number of the first reading in the node's life; the first of all is 1.</summary>
        public long Sequence { get; set; }

        /// <summary>Unix seconds when the first reading opened, 0 where the clock was never set in this boot.</summary>
        public long OpenedUnixSeconds { get; set; }

        /// <summary>Seconds since boot at that moment.</summary>
        public long UptimeSeconds { get; set; }

        /// <summary>One of <see cref="ClockState"/>.</summary>
        public int Clock { get; set; }

        /// <summary>First 8 bytes of the SHA-256 of the running bundle.</summary>
        public byte[] Firmware { get; }

        /// <summary>Number of the hardware profile.</summary>
        public long Profile { get; set; }

        /// <summary>SHA-256 of the previous batch's payload, zeros before the first.</summary>
        public byte[] Previous { get; }

        /// <summary>Lifetime counters when the batch opened.</summary>
        public Counters Opening { get; }

        /// <summary>1 to 96 readings.</summary>
        public Reading[] Readings { get; }

        /// <summary>The sequence number that follows this batch.</summary>
        public long NextSequence { get { return Sequence + Readings.Length; } }

        /// <summary>A batch to fill and encode.</summary>
        public static Batch Create(NodeId node, byte[] firmware, byte[] previous, Counters opening, Reading[] readings)
        {
            if (firmware.Length != FirmwareSize || previous.Length != HashSize || readings.Length == 0 || readings.Length > MeteringLimits.ReadingsPerBatch)
            {
                throw new ArgumentException("firmware has 8 bytes, previous 32, and a batch 1 to 96 readings");
            }

            return new Batch(node, firmware, previous, opening, readings);
        }

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form.</summary>
        public static Batch? Decode(byte[] data, int offset, int count, out DecodeError error)
        {
            CborReader reader = new CborReader(data, offset, count);
            reader.ReadArray(12, 12);
            if (reader.ReadUInt(0, uint.MaxValue) != MeteringLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            byte[] node = reader.ReadBytes(NodeId.Size, NodeId.Size);
            long boot = reader.ReadUInt(0, uint.MaxValue);
            long sequence = reader.ReadUInt(1, MeteringLimits.CounterMax);
            long opened = reader.ReadUInt(0, MeteringLimits.CounterMax);
            long uptime = reader.ReadUInt(0, MeteringLimits.CounterMax);
            int clock = (int)reader.ReadUInt(0, ClockState.Fresh);
            byte[] firmware = reader.ReadBytes(FirmwareSize, FirmwareSize);
            long profile = reader.ReadUInt(0, uint.MaxValue);
            byte[] previous = reader.ReadBytes(HashSize, HashSize);
            Counters opening = Counters.Read(reader);
            int readingCount = reader.ReadArray(1, MeteringLimits.ReadingsPerBatch);
            Reading[] readings = new Reading[readingCount];
            for (int i = 0; i < readingCount && reader.Error == DecodeError.None; i++)
            {
                readings[i] = Reading.Read(reader);
            }

            if (!reader.Finish())
            {
                error = reader.Error;
                return null;
            }

            Batch batch = new Batch(NodeId.FromBytes(node, 0), firmware, previous, opening, readings);
            batch.Boot = boot;
            batch.Sequence = sequence;
            batch.OpenedUnixSeconds = opened;
            batch.UptimeSeconds = uptime;
            batch.Clock = clock;
            batch.Profile = profile;
            error = batch.IsConsistent() ? DecodeError.None : DecodeError.Inconsistent;
            return error == DecodeError.None ? batch : null;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(128 + 32 * Readings.Length);
            writer.WriteArray(12);
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteBytes(Node.ToBytes());
            writer.WriteUInt(Boot);
            writer.WriteUInt(Sequence);
            writer.WriteUInt(OpenedUnixSeconds);
            writer.WriteUInt(UptimeSeconds);
            writer.WriteUInt(Clock);
            writer.WriteBytes(Firmware);
            writer.WriteUInt(Profile);
            writer.WriteBytes(Previous);
            Opening.Write(writer);
            writer.WriteArray(Readings.Length);
            for (int i = 0; i < Readings.Length; i++)
            {
                Readings[i].Write(writer);
            }

            return writer.ToArray();
        }

        /// <summary>Lifetime counters when the batch closed.</summary>
        public Counters Closing()
        {
            Counters counters = Opening;
            for (int i = 0; i < Readings.Length; i++)
            {
                counters = counters.Plus(Readings[i]);
            }

            return counters;
        }

        /// <summary>Seconds covered by all readings.</summary>
        public long Seconds()
        {
            long seconds = 0;
            for (int i = 0; i < Readings.Length; i++)
            {
                seconds += Readings[i].Seconds;
            }

            return seconds;
        }

        // Each counter is below 2^53 and there are at most 97 to add, so the sums fit in a long.
        private bool IsConsistent()
        {
            Counters closing = Closing();
            return closing.HarvestedMilliwattHours <= MeteringLimits.CounterMax
                && closing.DeliveredMilliwattHours <= MeteringLimits.CounterMax
                && closing.ImportedMilliwattHours <= MeteringLimits.CounterMax
                && NextSequence <= MeteringLimits.CounterMax
                && (Clock == ClockState.NeverSet) == (OpenedUnixSeconds == 0);
        }
    }
}
