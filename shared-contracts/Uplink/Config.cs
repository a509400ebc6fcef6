using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;

namespace DePin.Contracts.Uplink
{
    /// <summary>How often a node reads, batches and reports.</summary>
    public sealed class Config
    {
        /// <summary>Slot times readings of a batch, at most 4 hours.</summary>
        public const int MaxBatchSeconds = 4 * 3600;

        /// <param name="header">Node, session, counter.</param>
        /// <param name="version">Rises with every change; a node keeps the highest.</param>
        /// <param name="slotSeconds">Seconds of a reading, 60 to 3600.</param>
        /// <param name="batchReadings">Readings of a batch, 1 to 96.</param>
        /// <param name="statusSeconds">Seconds between statuses, 60 to 86400.</param>
        public Config(DownHeader header, long version, int slotSeconds, int batchReadings, int statusSeconds)
        {
            Header = header;
            Version = version;
            SlotSeconds = slotSeconds;
            BatchReadings = batchReadings;
            StatusSeconds = statusSeconds;
        }

        /// <summary>Node, session, counter.</summary>
        public DownHeader Header { get; }

        /// <summary>Rises with every change.</summary>
        public long Version { get; }

        /// <summary>Seconds of a reading.</summary>
        public int SlotSeconds { get; }

        /// <summary>Readings of a batch.</summary>
        public int BatchReadings { get; }

        /// <summary>Seconds between statuses.</summary>
        public int StatusSeconds { get; }

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form.</summary>
        public static Config? Decode(byte[] payload, out DecodeError error)
        {
            CborReader reader = new CborReader(payload, 0, payload.Length);
            reader.ReadArray(8, 8);
            DownHeader header = DownHeader.Read(reader);
            long version = reader.ReadUInt(1, uint.MaxValue);
            int slotSeconds = (int)reader.ReadUInt(60, MeteringLimits.ReadingSeconds);
            int batchReadings = (int)reader.ReadUInt(1, MeteringLimits.ReadingsPerBatch);
            int statusSeconds = (int)reader.ReadUInt(60, 86400);
            if (reader.Finish() && slotSeconds * batchReadings > MaxBatchSeconds)
            {
                reader.Fail(DecodeError.Inconsistent);
            }

            error = reader.Error;
            return error == DecodeError.None ? new Config(header, version, slotSeconds, batchReadings, statusSeconds) : null;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(64);
            writer.WriteArray(8);
            Header.Write(writer);
            writer.WriteUInt(Version);
            writer.WriteUInt(SlotSeconds);
            writer.WriteUInt(BatchReadings);
            writer.WriteUInt(StatusSeconds);
            return writer.ToArray();
        }
    }
}
