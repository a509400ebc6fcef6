using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;

namespace DePin.Contracts.Uplink
{
    /// <summary>What every sealed payload begins with: format, node, session, and a counter that rises for ever.</summary>
    public sealed class DownHeader
    {
        /// <param name="node">The node the message is for.</param>
        /// <param name="session">The node's session of this login, or zeros before its first status.</param>
        /// <param name="counter">Higher than in any message before.</param>
        public DownHeader(NodeId node, byte[] session, long counter)
        {
            Node = node;
            Session = session;
            Counter = counter;
        }

        /// <summary>The node the message is for.</summary>
        public NodeId Node { get; }

        /// <summary>The node's session of this login, or zeros before its first status.</summary>
        public byte[] Session { get; }

        /// <summary>Higher than in any message before.</summary>
        public long Counter { get; }

        internal static DownHeader Read(CborReader reader)
        {
            if (reader.ReadUInt(0, uint.MaxValue) != MeteringLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            byte[] node = reader.ReadBytes(NodeId.Size, NodeId.Size);
            byte[] session = reader.ReadBytes(Uplink.Session.Size, Uplink.Session.Size);
            return new DownHeader(NodeId.FromBytes(node, 0), session, reader.ReadUInt(0, MeteringLimits.CounterMax));
        }

        internal void Write(CborWriter writer)
        {
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteBytes(Node.ToBytes());
            writer.WriteBytes(Session);
            writer.WriteUInt(Counter);
        }
    }
}
