using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;

namespace DePin.Contracts.Flashing
{
    /// <summary>What the tool asks of a board. The answer's number is the request's plus <see cref="FlashAnswer.Offset"/>.</summary>
    public sealed class FlashRequest
    {
        /// <summary>Who are you? Answered at any time.</summary>
        public const int Hello = 1;

        /// <summary>Take settings, and make an identity where there is none.</summary>
        public const int Provision = 2;

        /// <summary>What settings lie on your flash?</summary>
        public const int ReadBack = 3;

        /// <summary>Start anew.</summary>
        public const int Restart = 4;

        /// <summary>Measure with the output off and on.</summary>
        public const int SelfTest = 5;

        /// <summary>Keep corrections of the meters.</summary>
        public const int Calibrate = 6;

        /// <summary>Give a page of the log.</summary>
        public const int Log = 7;

        /// <summary>How stand Wi-Fi and gateway?</summary>
        public const int Network = 8;

        /// <summary>Forget everything; the hardware leaves the fleet.</summary>
        public const int Scrap = 9;

        /// <summary>Bytes of entropy that the tool gives.</summary>
        public const int EntropyBytes = 32;

        /// <summary>Meters that a board may have: panel, output, grid.</summary>
        public const int Meters = 3;

        /// <summary>A correction without effect, parts per million.</summary>
        public const int NoCorrection = 1000000;

        /// <summary>Corrections reach this far to both sides: what is further off is broken, not uncalibrated.</summary>
        public const int CorrectionReach = 100000;

        /// <param name="type">One of the constants above.</param>
        /// <param name="id">Comes back with the answer, 0 to 2^32 - 1.</param>
        public FlashRequest(int type, long id)
        {
            Type = type;
            Id = id;
        }

        /// <summary>What is asked.</summary>
        public int Type { get; }

        /// <summary>Comes back with the answer.</summary>
        public long Id { get; }

        /// <summary>Provision: 32 random bytes of the tool's.</summary>
        public byte[] Entropy { get; set; } = new byte[0];

        /// <summary>Provision: the time, Unix seconds.</summary>
        public long UnixSeconds { get; set; }

        /// <summary>Provision: bytes of <see cref="NodeSettings"/>.</summary>
        public byte[] Settings { get; set; } = new byte[0];

        /// <summary>Provision: the identity that a new one succeeds (10 bytes), or empty. Scrap: the identity that goes, or empty where there is none.</summary>
        public byte[] Node { get; set; } = new byte[0];

        /// <summary>Calibrate: corrections of panel, output and grid meter, parts per million.</summary>
        public int[] Gains { get; set; } = new int[0];

        /// <summary>Log: first byte wanted, counted since the start.</summary>
        public long From { get; set; }

        /// <summary>Reads a message; null with the reason when it is not exactly in the form.</summary>
        public static FlashRequest? Decode(byte[] message, out DecodeError error)
        {
            CborReader reader = new CborReader(message, 0, message.Length);
            int items = reader.ReadArray(3, 7);
            if (reader.ReadUInt(0, uint.MaxValue) != MeteringLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            FlashRequest request = new FlashRequest((int)reader.ReadUInt(Hello, Scrap), reader.ReadUInt(0, uint.MaxValue));
            if (reader.Error == DecodeError.None && items != Items(request.Type))
            {
                reader.Fail(DecodeError.WrongLength);
            }

            request.ReadRest(reader);
            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? request : null;
        }

        /// <summary>The message's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(64 + Settings.Length);
            writer.WriteArray(Items(Type));
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteUInt(Type);
            writer.WriteUInt(Id);
            switch (Type)
            {
                case Provision:
                    writer.WriteBytes(Entropy);
                    writer.WriteUInt(UnixSeconds);
                    writer.WriteBytes(Settings);
                    writer.WriteBytes(Node);
                    break;
                case Calibrate:
                    writer.WriteArray(Gains.Length);
                    for (int i = 0; i < Gains.Length; i++)
                    {
                        writer.WriteUInt(Gains[i]);
                    }

                    break;
                case Log:
                    writer.WriteUInt(From);
                    break;
                case Scrap:
                    writer.WriteBytes(Node);
                    break;
            }

            return writer.ToArray();
        }

        private void ReadRest(CborReader reader)
        {
            switch (Type)
            {
                case Provision:
                    Entropy = reader.ReadBytes(EntropyBytes, EntropyBytes);
                    UnixSeconds = reader.ReadUInt(0, MeteringLimits.CounterMax);
                    Settings = reader.ReadBytes(1, NodeSettings.MaxBytes);
                    Node = ReadNode(reader);
                    break;
                case Calibrate:
                    reader.ReadArray(Meters, Meters);
                    Gains = new int[Meters];
                    for (int i = 0; i < Meters; i++)
                    {
                        Gains[i] = (int)reader.ReadUInt(NoCorrection - CorrectionReach, NoCorrection + CorrectionReach);
                    }

                    break;
                case Log:
                    From = reader.ReadUInt(0, MeteringLimits.CounterMax);
                    break;
                case Scrap:
                    Node = ReadNode(reader);
                    break;
            }
        }

        /// <summary>Reads a node id, or an empty string for none.</summary>
        internal static byte[] ReadNode(CborReader reader)
        {
            byte[] node = reader.ReadBytes(0, NodeId.Size);
            if (node.Length != 0 && node.Length != NodeId.Size)
            {
                reader.Fail(DecodeError.Inconsistent);
            }

            return node;
        }

        private static int Items(int type)
        {
            return type == Provision ? 7 : type == Calibrate || type == Log || type == Scrap ? 4 : 3;
        }
    }
}
