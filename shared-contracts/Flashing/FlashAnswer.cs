using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;

namespace DePin.Contracts.Flashing
{
    /// <summary>What a board answers to a <see cref="FlashRequest"/>; the body is the one of the request's type.</summary>
    public sealed class FlashAnswer
    {
        /// <summary>What an answer's number is above its request's: a wire that echoes gives no request back as an answer.</summary>
        public const int Offset = 16;

        /// <summary>Number of a refusal.</summary>
        public const int Refused = 31;

        /// <param name="type">The request's number and <see cref="Offset"/>, or <see cref="Refused"/>.</param>
        /// <param name="id">The request's.</param>
        public FlashAnswer(int type, long id)
        {
            Type = type;
            Id = id;
        }

        /// <summary>What it answers.</summary>
        public int Type { get; }

        /// <summary>The request's id; 0 for a refusal of something that had none.</summary>
        public long Id { get; }

        /// <summary>One of <see cref="FlashRefusal"/>; 0 where it is an answer.</summary>
        public int Refusal { get; set; }

        /// <summary>Answer to hello.</summary>
        public BoardHello? Hello { get; set; }

        /// <summary>Answer to provision.</summary>
        public BoardIdentity? Identity { get; set; }

        /// <summary>Answer to read-back: SHA-256 of the settings on flash.</summary>
        public byte[] SettingsHash { get; set; } = new byte[Batch.HashSize];

        /// <summary>Answer to a self-test.</summary>
        public BoardSelfTest? SelfTest { get; set; }

        /// <summary>Answer to log.</summary>
        public BoardLogPage? Log { get; set; }

        /// <summary>Answer to network.</summary>
        public BoardNetwork? Network { get; set; }

        /// <summary>Reads a message; null with the reason when it is not exactly in the form.</summary>
        public static FlashAnswer? Decode(byte[] message, out DecodeError error)
        {
            CborReader reader = new CborReader(message, 0, message.Length);
            int items = reader.ReadArray(3, 4);
            if (reader.ReadUInt(0, uint.MaxValue) != MeteringLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            int type = (int)reader.ReadUInt(Offset + FlashRequest.Hello, Refused);
            FlashAnswer answer = new FlashAnswer(type, reader.ReadUInt(0, uint.MaxValue));
            if (reader.Error == DecodeError.None && type > Offset + FlashRequest.Scrap && type != Refused)
            {
                reader.Fail(DecodeError.OutOfRange);
            }

            if (reader.Error == DecodeError.None && items != Items(type))
            {
                reader.Fail(DecodeError.WrongLength);
            }

            answer.ReadBody(reader);
            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? answer : null;
        }

        /// <summary>The message's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(256);
            writer.WriteArray(Items(Type));
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteUInt(Type);
            writer.WriteUInt(Id);
            switch (Type - Offset)
            {
                case FlashRequest.Hello:
                    Hello!.Write(writer);
                    break;
                case FlashRequest.Provision:
                    Identity!.Write(writer);
                    break;
                case FlashRequest.ReadBack:
                    writer.WriteBytes(SettingsHash);
                    break;
                case FlashRequest.SelfTest:
                    SelfTest!.Write(writer);
                    break;
                case FlashRequest.Log:
                    Log!.Write(writer);
                    break;
                case FlashRequest.Network:
                    Network!.Write(writer);
                    break;
                case Refused - Offset:
                    writer.WriteUInt(Refusal);
                    break;
            }

            return writer.ToArray();
        }

        private void ReadBody(CborReader reader)
        {
            switch (Type - Offset)
            {
                case FlashRequest.Hello:
                    Hello = BoardHello.Read(reader);
                    break;
                case FlashRequest.Provision:
                    Identity = BoardIdentity.Read(reader);
                    break;
                case FlashRequest.ReadBack:
                    SettingsHash = reader.ReadBytes(Batch.HashSize, Batch.HashSize);
                    break;
                case FlashRequest.SelfTest:
                    SelfTest = BoardSelfTest.Read(reader);
                    break;
                case FlashRequest.Log:
                    Log = BoardLogPage.Read(reader);
                    break;
                case FlashRequest.Network:
                    Network = BoardNetwork.Read(reader);
                    break;
                case Refused - Offset:
                    Refusal = (int)reader.ReadUInt(FlashRefusal.Malformed, FlashRefusal.NotProvisioned);
                    break;
            }
        }

        // Restart, calibrate and scrap are only acknowledged.
        private static int Items(int type)
        {
            int request = type - Offset;
            return request == FlashRequest.Restart || request == FlashRequest.Calibrate || request == FlashRequest.Scrap ? 3 : 4;
        }
    }

    /// <summary>Why a board does not do what it was asked.</summary>
    public static class FlashRefusal
    {
        /// <summary>A line arrived whole, and its message is not in the form.</summary>
        public const int Malformed = 1;

        /// <summary>Something else is under way; ask again.</summary>
        public const int Busy = 2;

        /// <summary>The identity on flash is damaged: only scrapping makes room for another.</summary>
        public const int IdentityDamaged = 3;

        /// <summary>The board has another identity than the one named.</summary>
        public const int OtherIdentity = 4;

        /// <summary>The settings are for another hardware profile than the firmware.</summary>
        public const int WrongProfile = 5;

        /// <summary>The settings are not in the form.</summary>
        public const int WrongSettings = 6;

        /// <summary>There are no settings yet.</summary>
        public const int NotProvisioned = 7;
    }
}
