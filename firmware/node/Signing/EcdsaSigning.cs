using System;
using DePin.Contracts.Signing;

namespace DePin.Node.Signing
{
    /// <summary>
    /// Deterministic ECDSA over P-256 with SHA-256 (RFC 6979) in steps of at most about 45,000 IL instructions. Branches and
    /// addresses do not depend on key or nonce, but for the rejection of a nonce outside 1 to n - 1 and of a signature with a
    /// zero, which tell nothing that matters and happen once in 2^32 and less.
    /// </summary>
    public sealed class EcdsaSigning
    {
        private readonly IDigest _digest;
        private readonly byte[] _privateKey;
        private readonly GeneratorMultiplication _multiplication = new GeneratorMultiplication();
        private byte[] _hash = new byte[0];
        private byte[] _nonce = new byte[0];
        private HmacDrbg? _nonces;
        private Power? _inverse;
        private byte[]? _signature;

        /// <param name="digest">MAC, for the nonces.</param>
        /// <param name="privateKey">32 bytes, big-endian, between 1 and n - 1.</param>
        public EcdsaSigning(IDigest digest, byte[] privateKey)
        {
            if (privateKey.Length != 32 || !IsScalar(privateKey))
            {
                throw new ArgumentException("a private key is 32 bytes, between 1 and n - 1");
            }

            _digest = digest;
            _privateKey = privateKey;
        }

        /// <summary>Whether 32 bytes, big-endian, are between 1 and n - 1.</summary>
        public static bool IsScalar(byte[] number)
        {
            byte[] order = SignatureForm.Order();
            int bits = 0;
            int borrow = 0;
            for (int i = 31; i >= 0; i--)
            {
                bits |= number[i];
                borrow = (number[i] - order[i] + borrow) >> 31;
            }

            return bits != 0 && borrow != 0;
        }

        /// <summary>Begins a signature over a hash of 32 bytes.</summary>
        public void Start(byte[] hash)
        {
            _hash = hash;
            _signature = null;
            _inverse = null;
            byte[] seed = new byte[64];
            int[] number = new int[FieldP.Limbs];
            LimbBytes.Read(number, hash, 0);
            Array.Copy(_privateKey, seed, 32);
            OrderN.ToBytes(number, seed, 32);
            _nonces = new HmacDrbg(_digest, seed);
            TakeNonce();
        }

        /// <summary>Does one piece of work; true when the signature is ready.</summary>
        public bool Step()
        {
            if (_signature != null)
            {
                return true;
            }

            if (_inverse == null)
            {
                if (_multiplication.Step())
                {
                    int[] nonce = new int[FieldP.Limbs];
                    LimbBytes.Read(nonce, _nonce, 0);
                    OrderN.ToMontgomery(nonce, nonce);
                    _inverse = Power.InverseModuloN();
                    _inverse.Start(nonce);
                }

                return false;
            }

            if (_inverse.Step())
            {
                Finish(_inverse.Value);
            }

            return _signature != null;
        }

        /// <summary>The finished signature, r || s, as RFC 6979 gives it: s may be above n / 2.</summary>
        public byte[] Signature()
        {
            return _signature ?? throw new InvalidOperationException("the signature is not ready: step until it is");
        }

        private void TakeNonce()
        {
            do
            {
                _nonce = _nonces!.Next();
            }
            while (!IsScalar(_nonce));

            _inverse = null;
            _multiplication.Start(_nonce);
        }

        // s = (hash + r d) / k.
        private void Finish(int[] inverse)
        {
            byte[] signature = new byte[64];
            int[] r = new int[FieldP.Limbs];
            int[] s = new int[FieldP.Limbs];
            int[] hash = new int[FieldP.Limbs];
            FieldP.ToBytes(_multiplication.X, signature, 0);
            LimbBytes.Read(r, signature, 0);
            OrderN.ToBytes(r, signature, 0);
            LimbBytes.Read(s, _privateKey, 0);
            LimbBytes.Read(hash, _hash, 0);
            OrderN.ToMontgomery(r, r);
            OrderN.Multiply(s, r, s);
            FieldP.Add(s, s, hash);
            LimbBytes.Carry(s);
            OrderN.Multiply(s, inverse, s);
            OrderN.ToBytes(s, signature, 32);
            if (SignatureForm.IsZero(signature, 0) || SignatureForm.IsZero(signature, 32))
            {
                TakeNonce();
                return;
            }

            _signature = signature;
        }
    }
}
