using DePin.Contracts.Signing;

namespace DePin.Node.Signing
{
    /// <summary>
    /// Signs with nothing but what the device has: hash, nonce, curve and inversion in steps. A batch of 12 readings takes about
    /// 65 steps, none above 60,000 IL instructions.
    /// </summary>
    public sealed class ManagedSigner : ISigner
    {
        private const int HashedPerStep = 6 * Sha256.BlockSize;
        private readonly EcdsaSigning _signing;
        private readonly byte[] _publicKey;
        private readonly Sha256 _hash = new Sha256();
        private byte[] _toBeSigned = new byte[0];
        private int _hashed;
        private bool _isHashing;

        /// <param name="digest">MAC, for the nonces.</param>
        /// <param name="privateKey">32 bytes, big-endian, between 1 and n - 1.</param>
        /// <param name="publicKey">The key's public half, compressed, 33 bytes: see <see cref="NodeKey"/>.</param>
        public ManagedSigner(IDigest digest, byte[] privateKey, byte[] publicKey)
        {
            _signing = new EcdsaSigning(digest, privateKey);
            _publicKey = publicKey;
        }

        /// <inheritdoc />
        public byte[] PublicKey { get { return _publicKey; } }

        /// <inheritdoc />
        public void Start(byte[] toBeSigned)
        {
            _toBeSigned = toBeSigned;
            _hashed = 0;
            _isHashing = true;
            _hash.Start();
        }

        /// <inheritdoc />
        public bool Step()
        {
            if (!_isHashing)
            {
                return _signing.Step();
            }

            int left = _toBeSigned.Length - _hashed;
            int part = left < HashedPerStep ? left : HashedPerStep;
            _hash.Update(_toBeSigned, _hashed, part);
            _hashed += part;
            if (_hashed == _toBeSigned.Length)
            {
                _isHashing = false;
                _signing.Start(_hash.Finish());
            }

            return false;
        }

        /// <inheritdoc />
        public byte[] Signature()
        {
            byte[] signature = _signing.Signature();
            SignatureForm.MakeLow(signature);
            return signature;
        }
    }
}
