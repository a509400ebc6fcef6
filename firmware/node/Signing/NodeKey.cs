using DePin.Contracts.Signing;

namespace DePin.Node.Signing
{
    /// <summary>A node's P-256 key pair, made once on the node itself; the public half is worked out in steps.</summary>
    public sealed class NodeKey
    {
        private readonly GeneratorMultiplication _multiplication = new GeneratorMultiplication();

        private NodeKey(byte[] privateKey)
        {
            PrivateKey = privateKey;
            _multiplication.Start(privateKey);
        }

        /// <summary>32 bytes, big-endian, between 1 and n - 1.</summary>
        public byte[] PrivateKey { get; }

        /// <summary>A new key.</summary>
        /// <param name="digest">MAC.</param>
        /// <param name="entropy">At least 48 bytes from a true source of randomness.</param>
        public static NodeKey Create(IDigest digest, byte[] entropy)
        {
            HmacDrbg random = new HmacDrbg(digest, entropy);
            byte[] candidate = random.Next();
            while (!EcdsaSigning.IsScalar(candidate))
            {
                candidate = random.Next();
            }

            return new NodeKey(candidate);
        }

        /// <summary>The pair of a private key that is there already.</summary>
        public static NodeKey FromPrivateKey(byte[] privateKey)
        {
            return new NodeKey(privateKey);
        }

        /// <summary>Does one piece of work; true when <see cref="PublicKey"/> is ready.</summary>
        public bool Step()
        {
            return _multiplication.Step();
        }

        /// <summary>The public key, compressed, 33 bytes.</summary>
        public byte[] PublicKey()
        {
            byte[] y = new byte[32];
            FieldP.ToBytes(_multiplication.Y, y, 0);
            byte[] key = new byte[33];
            key[0] = (byte)(2 | (y[31] & 1));
            FieldP.ToBytes(_multiplication.X, key, 1);
            return key;
        }
    }
}
