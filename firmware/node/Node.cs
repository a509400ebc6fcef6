using DePin.Contracts.Signing;
using DePin.Node.Metering;
using DePin.Node.Outbox;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Node
{
    /// <summary>The node itself, free of hardware, threads and wall clock.</summary>
    public sealed class Node
    {
        /// <param name="identity">Who this node is.</param>
        /// <param name="profile">Number of the hardware profile.</param>
        /// <param name="firmware">First 8 bytes of the SHA-256 of the running bundle.</param>
        /// <param name="sensors">Measuring hardware.</param>
        /// <param name="signer">Signs batches and gaps.</param>
        /// <param name="digest">Hash and MAC.</param>
        /// <param name="flash">Files that survive power cuts.</param>
        /// <param name="uplink">The MQTT connection.</param>
        /// <param name="entropy">Random bytes.</param>
        public Node(NodeIdentity identity, int profile, byte[] firmware, ISensors sensors, ISigner signer, IDigest digest, IFlash flash, IUplink uplink, IEntropy entropy)
        {
        }

        /// <summary>Batches stored and not yet covered by a receipt.</summary>
        public int OutboxBatches { get { return 0; } }

        /// <summary>Sequence number of the reading being measured.</summary>
        public long Sequence { get { return 1; } }

        /// <summary>Does what is due now: a sample every second, one step of signing, one step of the uplink.</summary>
        public void Tick(IClock now)
        {
        }

        /// <summary>
        /// An announced stop: closes the open reading and batch and stops metering; further ticks only sign, store and send, so
        /// that a caller may go on ticking until <see cref="OutboxBatches"/> is 0. Nothing is lost if it does not.
        /// </summary>
        public void Stop(IClock now)
        {
        }
    }
}
