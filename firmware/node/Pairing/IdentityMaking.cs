using System;
using DePin.Contracts.Signing;
using DePin.Node.Signing;

namespace DePin.Node.Pairing
{
    /// <summary>
    /// Makes a node's identity in steps, from entropy of its own and of the tool's, mixed by an HMAC-DRBG: who knows only one of
    /// the two knows nothing of key and secret.
    /// </summary>
    public sealed class IdentityMaking
    {
        /// <summary>Bytes that the node gathers itself.</summary>
        public const int EntropyBytes = 64;

        private readonly byte[] _secret;
        private readonly NodeKey _key;

        /// <param name="digest">MAC.</param>
        /// <param name="own">64 bytes that nobody else can know.</param>
        /// <param name="tools">32 bytes from the tool's platform.</param>
        public IdentityMaking(IDigest digest, byte[] own, byte[] tools)
        {
            byte[] both = new byte[own.Length + tools.Length];
            Array.Copy(own, both, own.Length);
            Array.Copy(tools, 0, both, own.Length, tools.Length);
            HmacDrbg random = new HmacDrbg(digest, both);
            _secret = random.Next();
            byte[] seed = new byte[64];
            Array.Copy(random.Next(), seed, 32);
            Array.Copy(random.Next(), 0, seed, 32, 32);
            _key = NodeKey.Create(digest, seed);
        }

        /// <summary>Does one piece of work; the identity when it is ready, else null.</summary>
        public IdentityFile? Step()
        {
            return _key.Step() ? new IdentityFile(_key.PrivateKey, _secret, _key.PublicKey()) : null;
        }
    }
}
