using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;

namespace DePin.Contracts.Uplink
{
    /// <summary>How a node is; its first message after a login. The will is the short form, <see cref="EncodeWill"/>.</summary>
    public sealed class Status
    {
        /// <summary>Bytes of a status, at most.</summary>
        public const int MaxBytes = 128;

        private Status(byte[] session, byte[] firmware, bool isOffline)
        {
            Session = session;
            Firmware = firmware;
            IsOffline = isOffline;
        }

        /// <summary>The session this login begins.</summary>
        public byte[] Session { get; }

        /// <summary>Whether this is the will: the node is gone, and only the session is known.</summary>
        public bool IsOffline { get; }

        /// <summary>Number of the node's start.</summary>
        public long Boot { get; set; }

        /// <summary>Seconds since that start.</summary>
        public long UptimeSeconds { get; set; }

        /// <summary>One of <see cref="ClockState"/>.</summary>
        public int Clock { get; set; }

        /// <summary>First 8 bytes of the SHA-256 of the running bundle.</summary>
        public byte[] Firmware { get; }

        /// <summary>Free managed heap, bytes.</summary>
        public long FreeHeapBytes { get; set; }

        /// <summary>Batches that wait for a receipt.</summary>
        public long OutboxBatches { get; set; }

        /// <summary>Sequence number of the next reading.</summary>
        public long Sequence { get; set; }

        /// <summary>Signal strength, dBm, -200 to 0.</summary>
        public int RssiDbm { get; set; }

        /// <summary>A status to fill and encode.</summary>
        public static Status Create(byte[] session, byte[] firmware)
        {
            return new Status(session, firmware, false);
        }

        /// <summary>The will's payload; never empty, since M2Mqtt refuses an empty will.</summary>
        public static byte[] EncodeWill(byte[] session)
        {
            CborWriter writer = new CborWriter(16);
            writer.WriteArray(2);
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteBytes(session);
            return writer.ToArray();
        }

        /// <summary>Reads a status or a will; null with the reason when it is neither.</summary>
        public static Status? Decode(byte[] data, out DecodeError error)
        {
            if (data.Length > MaxBytes)
            {
                error = DecodeError.TooLarge;
                return null;
            }

            CborReader reader = new CborReader(data, 0, data.Length);
            int items = reader.ReadArray(2, 10);
            if (reader.Error == DecodeError.None && items != 2 && items != 10)
            {
                reader.Fail(DecodeError.WrongLength);
            }

            if (reader.ReadUInt(0, uint.MaxValue) != MeteringLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            byte[] session = reader.ReadBytes(Uplink.Session.Size, Uplink.Session.Size);
            Status status = items == 2 ? new Status(session, new byte[Batch.FirmwareSize], true) : ReadRest(reader, session);
            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? status : null;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(64);
            writer.WriteArray(10);
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteBytes(Session);
            writer.WriteUInt(Boot);
            writer.WriteUInt(UptimeSeconds);
            writer.WriteUInt(Clock);
            writer.WriteBytes(Firmware);
            writer.WriteUInt(FreeHeapBytes);
            writer.WriteUInt(OutboxBatches);
            writer.WriteUInt(Sequence);
            writer.WriteInt(RssiDbm);
            return writer.ToArray();
        }

        private static Status ReadRest(CborReader reader, byte[] session)
        {
            long boot = reader.ReadUInt(0, uint.MaxValue);
            long uptime = reader.ReadUInt(0, MeteringLimits.CounterMax);
            int clock = (int)reader.ReadUInt(0, ClockState.Fresh);
            Status status = new Status(session, reader.ReadBytes(Batch.FirmwareSize, Batch.FirmwareSize), false);
            status.Boot = boot;
            status.UptimeSeconds = uptime;
            status.Clock = clock;
            status.FreeHeapBytes = reader.ReadUInt(0, uint.MaxValue);
            status.OutboxBatches = reader.ReadUInt(0, uint.MaxValue);
            status.Sequence = reader.ReadUInt(1, MeteringLimits.CounterMax);
            status.RssiDbm = (int)reader.ReadInt(-200, 0);
            return status;
        }
    }
}
