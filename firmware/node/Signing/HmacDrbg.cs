using System;
using DePin.Contracts.Signing;

namespace DePin.Node.Signing
{
    /// <summary>
    /// HMAC-DRBG with SHA-256 (NIST SP 800-90A, 10.1.2), handing out 32 bytes at a time. Seeded with a private key and a hash it
    /// gives the nonces of RFC 6979; seeded with the entropy of the hardware it gives keys.
    /// </summary>
    public sealed class HmacDrbg
    {
        private readonly IDigest _digest;
        private byte[] _key = new byte[Sha256.Size];
        private byte[] _value = new byte[Sha256.Size];
        private bool _isUsed;

        /// <param name="digest">MAC.</param>
        /// <param name="seed">Entropy and nonce, at least 48 bytes together.</param>
        public HmacDrbg(IDigest digest, byte[] seed)
        {
            _digest = digest;
            for (int i = 0; i < _value.Length; i++)
            {
                _value[i] = 1;
            }

            Update(0, seed);
            Update(1, seed);
        }

        /// <summary>The next 32 bytes.</summary>
        public byte[] Next()
        {
            if (_isUsed)
            {
                Update(0, new byte[0]);
            }

            _isUsed = true;
            _value = _digest.HmacSha256(_key, _value);
            byte[] next = new byte[Sha256.Size];
            Array.Copy(_value, next, next.Length);
            return next;
        }

        private void Update(byte separator, byte[] data)
        {
            byte[] message = new byte[_value.Length + 1 + data.Length];
            Array.Copy(_value, message, _value.Length);
            message[_value.Length] = separator;
            Array.Copy(data, 0, message, _value.Length + 1, data.Length);
            _key = _digest.HmacSha256(_key, message);
            _value = _digest.HmacSha256(_key, _value);
        }
    }
}
