using DePin.Contracts.Cbor;

namespace DePin.Contracts.Updates
{
    /// <summary>A node's wish for the next blocks. Not signed: the connection is the node's, and blocks are no secret.</summary>
    public sealed class BlockRequest
    {
        /// <param name="session">The node's session of this login; a request of another session is not answered.</param>
        /// <param name="releaseId">First 8 bytes of the release's hash.</param>
        /// <param name="first">Number of the first block, from 0.</param>
        /// <param name="count">How many, 1 to 8.</param>
        public BlockRequest(byte[] session, byte[] releaseId, int first, int count)
        {
            Session = session;
            ReleaseId = releaseId;
            First = first;
            Count = count;
        }

        /// <summary>The node's session of this login.</summary>
        public byte[] Session { get; }

        /// <summary>First 8 bytes of the release's hash.</summary>
        public byte[] ReleaseId { get; }

        /// <summary>Number of the first block, 0 to 255.</summary>
        public int First { get; }

        /// <summary>How many, 1 to 8; those beyond the bundle's end are not answered.</summary>
        public int Count { get; }

        /// <summary>Whether a message on up/update is a request, by its first byte; else it is a signed report.</summary>
        public static bool IsRequest(byte[] message)
        {
            return message.Length > 0 && message[0] == 0x85;
        }

        /// <summary>Reads a request; null with the reason when it is not exactly in the form.</summary>
        public static BlockRequest? Decode(byte[] message, out DecodeError error)
        {
            if (message.Length > UpdateLimits.RequestBytes)
            {
                error = DecodeError.TooLarge;
                return null;
            }

            CborReader reader = new CborReader(message, 0, message.Length);
            reader.ReadArray(5, 5);
            if (reader.ReadUInt(0, uint.MaxValue) != UpdateLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            byte[] session = reader.ReadBytes(Uplink.Session.Size, Uplink.Session.Size);
            byte[] releaseId = reader.ReadBytes(UpdateLimits.ReleaseIdSize, UpdateLimits.ReleaseIdSize);
            int first = (int)reader.ReadUInt(0, UpdateLimits.Blocks - 1);
            int count = (int)reader.ReadUInt(1, UpdateLimits.BlocksPerRequest);
            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? new BlockRequest(session, releaseId, first, count) : null;
        }

        /// <summary>The message's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(UpdateLimits.RequestBytes);
            writer.WriteArray(5);
            writer.WriteUInt(UpdateLimits.Format);
            writer.WriteBytes(Session);
            writer.WriteBytes(ReleaseId);
            writer.WriteUInt(First);
            writer.WriteUInt(Count);
            return writer.ToArray();
        }
    }
}
