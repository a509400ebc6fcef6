using DePin.Contracts.Identity;
using DePin.Contracts.Signing;

namespace DePin.Node
{
    /// <summary>Who this node is: made once when it is flashed, never changed. The private key stays in the signer.</summary>
    public sealed class NodeIdentity
    {
        /// <param name="digest">Hash and MAC.</param>
        /// <param name="publicKey">Compressed P-256 public key, 33 bytes.</param>
        /// <param name="secret">The node's secret, 32 bytes.</param>
        public NodeIdentity(IDigest digest, byte[] publicKey, byte[] secret)
        {
            Id = NodeId.FromKeyHash(digest.Sha256(publicKey, 0, publicKey.Length));
            LoginPassword = NodeSecret.LoginPassword(digest, secret);
            DownKey = NodeSecret.DownKey(digest, secret);
        }

        /// <summary>The node's name.</summary>
        public NodeId Id { get; }

        /// <summary>MQTT password, 64 hex digits.</summary>
        public string LoginPassword { get; }

        /// <summary>Key under which the backend seals messages to this node.</summary>
        public byte[] DownKey { get; }
    }
}
