using DePin.Contracts.Signing;

namespace DePin.Node.Signing
{
    /// <summary>
    /// Checks in steps, beside metering, that two of the pinned keys signed a message: its hash first, then one signature after the other. A
    /// signature by a key that is not pinned counts for nothing; two by one key cannot be, since key ids rise in the form.
    /// </summary>
    public sealed class CountersignedCheck
    {
        private const int BytesPerStep = 6 * Sha256.BlockSize;
        private readonly CountersignedMessage _message;
        private readonly IDigest _digest;
        private readonly byte[][] _keys;
        private readonly byte[] _signed;
        private readonly Sha256 _sha = new Sha256();
        private int _hashed;
        private byte[] _hash = new byte[0];
        private int _signature = -1;
        private int _right;
        private EcdsaVerification? _verification;

        /// <param name="message">What is checked.</param>
        /// <param name="context">What its signatures have to be for.</param>
        /// <param name="keys">Pinned keys, 33 bytes each.</param>
        /// <param name="digest">Hash of keys.</param>
        public CountersignedCheck(CountersignedMessage message, string context, byte[][] keys, IDigest digest)
        {
            _message = message;
            _digest = digest;
            _keys = keys;
            _signed = message.ToBeSigned(context);
            _sha.Start();
        }

        /// <summary>Whether two pinned keys signed it; meaningful when <see cref="Step"/> answered true.</summary>
        public bool IsValid { get { return _right >= CountersignedMessage.SignaturesMin; } }

        /// <summary>Does one piece of work; true when <see cref="IsValid"/> tells the result.</summary>
        public bool Step()
        {
            if (_hashed < _signed.Length)
            {
                int part = _signed.Length - _hashed < BytesPerStep ? _signed.Length - _hashed : BytesPerStep;
                _sha.Update(_signed, _hashed, part);
                _hashed += part;
                _hash = _hashed == _signed.Length ? _sha.Finish() : _hash;
                return false;
            }

            if (_verification == null)
            {
                return Begin();
            }

            if (_verification.Step())
            {
                _right += _verification.IsValid ? 1 : 0;
                _verification = null;
            }

            return false;
        }

        private bool Begin()
        {
            _signature++;
            if (_signature == _message.Signatures || IsValid)
            {
                return true;
            }

            for (int i = 0; i < _keys.Length; i++)
            {
                if (_message.IsBy(_signature, CountersignedMessage.KeyId(_digest, _keys[i])))
                {
                    _verification = new EcdsaVerification(_keys[i]);
                    _verification.Start(_hash, _message.CopySignature(_signature));
                    return false;
                }
            }

            return false;
        }
    }
}
