using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;

namespace DePin.Contracts.Flashing
{
    /// <summary>Who a board says it is.</summary>
    public sealed class BoardHello
    {
        /// <summary>Version of this conversation.</summary>
        public const int ProtocolVersion = 1;

        /// <summary>Characters of the chip's name.</summary>
        public const int ChipCharacters = 40;

        /// <summary>Characters of the serial number.</summary>
        public const int SerialCharacters = 64;

        /// <summary>Flag: simulated hardware.</summary>
        public const int IsSimulated = 1;

        /// <summary>Flag: settings lie on flash.</summary>
        public const int HasSettings = 2;

        /// <summary>Flag: there is an identity, and it is damaged.</summary>
        public const int IsDamaged = 4;

        /// <summary>Flag: corrections of the meters lie on flash.</summary>
        public const int IsCalibrated = 8;

        /// <summary>Name of the chip.</summary>
        public string Chip { get; set; } = "";

        /// <summary>Serial number of the board: the chip's MAC, 12 hex digits.</summary>
        public string Serial { get; set; } = "";

        /// <summary>First 8 bytes of the SHA-256 of the running bundle.</summary>
        public byte[] Firmware { get; set; } = new byte[8];

        /// <summary>Number of the hardware profile that the firmware is for.</summary>
        public long Profile { get; set; }

        /// <summary>The node's id (10 bytes), or empty where the board has no identity.</summary>
        public byte[] Node { get; set; } = new byte[0];

        /// <summary>A number drawn at every start: another one means that the board started anew.</summary>
        public long Start { get; set; }

        /// <summary>Sum of the flags.</summary>
        public int Flags { get; set; }

        /// <summary>The node's id, or null.</summary>
        public NodeId? NodeId()
        {
            return Node.Length == 0 ? null : Identity.NodeId.FromBytes(Node, 0);
        }

        internal static BoardHello Read(CborReader reader)
        {
            BoardHello hello = new BoardHello();
            reader.ReadArray(8, 8);
            reader.ReadUInt(ProtocolVersion, ProtocolVersion);
            hello.Chip = reader.ReadText(1, ChipCharacters);
            hello.Serial = reader.ReadText(1, SerialCharacters);
            hello.Firmware = reader.ReadBytes(8, 8);
            hello.Profile = reader.ReadUInt(0, uint.MaxValue);
            hello.Node = FlashRequest.ReadNode(reader);
            hello.Start = reader.ReadUInt(0, uint.MaxValue);
            hello.Flags = (int)reader.ReadUInt(0, 15);
            return hello;
        }

        internal void Write(CborWriter writer)
        {
            writer.WriteArray(8);
            writer.WriteUInt(ProtocolVersion);
            writer.WriteText(Chip);
            writer.WriteText(Serial);
            writer.WriteBytes(Firmware);
            writer.WriteUInt(Profile);
            writer.WriteBytes(Node);
            writer.WriteUInt(Start);
            writer.WriteUInt(Flags);
        }
    }
}
