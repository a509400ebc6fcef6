using DePin.Contracts.Signing;
using DePin.Node.Signing;

namespace DePin.Node.Update
{
    /// <summary>
    /// Checks in steps whether two of the trusted keys signed a message. A signature by a key that is not trusted counts for nothing;
    /// one that claims a trusted key and is wrong does not either.
    /// </summary>
    public sealed class Countersignatures
    {
        private const int HashedPerStep = 6 * Sha256.BlockSize;
        private readonly IDigest _digest;
        private readonly Sha256 _hash = new Sha256();
        private CountersignedMessage? _message;
        private byte[][] _keys = new byte[0][];
        private byte[] _toBeSigned = new byte[0];
        private byte[] _hashed = new byte[0];
        private int _at;
        private int _next;
        private int _right;
        private EcdsaVerification? _verification;

        /// <param name="digest">Hash, for the ids of keys.</param>
        public Countersignatures(IDigest digest)
        {
            _digest = digest;
        }

        /// <summary>Whether a message is being checked.</summary>
        public bool IsChecking { get { return _message != null; } }

        /// <summary>Whether two trusted keys signed; meaningful when <see cref="Step"/> answered true.</summary>
        public bool AreRight { get { return _right >= CountersignedMessage.SignaturesMin; } }

        /// <summary>Begins.</summary>
        /// <param name="message">The message, in its form.</param>
        /// <param name="context">External data of its signatures.</param>
        /// <param name="keys">Keys that count, 33 bytes each, every one once.</param>
        public void Start(CountersignedMessage message, string context, byte[][] keys)
        {
            _message = message;
            _keys = keys;
            _toBeSigned = message.ToBeSigned(context);
            _hash.Start();
            _at = 0;
            _next = 0;
            _right = 0;
            _verification = null;
        }

        /// <summary>Gives up.</summary>
        public void Stop()
        {
            _message = null;
            _verification = null;
        }

        /// <summary>One piece of work; true when the answer is there.</summary>
        public bool Step()
        {
            if (_at < _toBeSigned.Length)
            {
                int left = _toBeSigned.Length - _at;
                int part = left < HashedPerStep ? left : HashedPerStep;
                _hash.Update(_toBeSigned, _at, part);
                _at += part;
                _hashed = _at == _toBeSigned.Length ? _hash.Finish() : _hashed;
                return false;
            }

            if (_verification == null)
            {
                Begin();
            }
            else if (_verification.Step())
            {
                _right += _verification.IsValid ? 1 : 0;
                _verification = null;
            }

            if (_verification == null && (AreRight || _next >= _message!.Signatures))
            {
                _message = null;
                return true;
            }

            return false;
        }

        private void Begin()
        {
            int signature = _next++;
            for (int i = 0; i < _keys.Length; i++)
            {
                if (_message!.IsBy(signature, CountersignedMessage.KeyId(_digest, _keys[i])))
                {
                    _verification = new EcdsaVerification(_keys[i]);
                    _verification.Start(_hashed, _message.CopySignature(signature));
                    return;
                }
            }
        }
    }
}
