using DePin.Contracts.Cbor;

namespace DePin.Contracts.Updates
{
    /// <summary>
    /// One block of a bundle on its way to a node. Not sealed: the bundle's signed hash decides. An array of four, where a sealed message is
    /// an array of two.
    /// </summary>
    public sealed class UpdateBlock
    {
        /// <param name="releaseId">First 8 bytes of the release's hash.</param>
        /// <param name="index">Number of the block, from 0.</param>
        /// <param name="bytes">1,024 bytes, of the last block what is left.</param>
        public UpdateBlock(byte[] releaseId, int index, byte[] bytes)
        {
            ReleaseId = releaseId;
            Index = index;
            Bytes = bytes;
        }

        /// <summary>First 8 bytes of the release's hash.</summary>
        public byte[] ReleaseId { get; }

        /// <summary>Number of the block, 0 to 255.</summary>
        public int Index { get; }

        /// <summary>1,024 bytes, of the last block what is left.</summary>
        public byte[] Bytes { get; }

        /// <summary>Whether a message on down/update is a block, by its first byte; else it is a sealed notice.</summary>
        public static bool IsBlock(byte[] message)
        {
            return message.Length > 0 && message[0] == 0x84;
        }

        /// <summary>Reads a block; null with the reason when it is not exactly in the form. Whether index and length fit the bundle the manifest says.</summary>
        public static UpdateBlock? Decode(byte[] message, out DecodeError error)
        {
            if (message.Length > UpdateLimits.BlockMessageBytes)
            {
                error = DecodeError.TooLarge;
                return null;
            }

            CborReader reader = new CborReader(message, 0, message.Length);
            reader.ReadArray(4, 4);
            if (reader.ReadUInt(0, uint.MaxValue) != UpdateLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            byte[] releaseId = reader.ReadBytes(UpdateLimits.ReleaseIdSize, UpdateLimits.ReleaseIdSize);
            int index = (int)reader.ReadUInt(0, UpdateLimits.Blocks - 1);
            byte[] bytes = reader.ReadBytes(1, UpdateLimits.BlockBytes);
            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? new UpdateBlock(releaseId, index, bytes) : null;
        }

        /// <summary>The message's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(Bytes.Length + 24);
            writer.WriteArray(4);
            writer.WriteUInt(UpdateLimits.Format);
            writer.WriteBytes(ReleaseId);
            writer.WriteUInt(Index);
            writer.WriteBytes(Bytes);
            return writer.ToArray();
        }
    }
}
