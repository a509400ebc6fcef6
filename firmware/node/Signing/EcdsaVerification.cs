using System;
using DePin.Contracts.Signing;

namespace DePin.Node.Signing
{
    /// <summary>
    /// Checks an ECDSA signature over P-256 in steps: u1 G by the comb and u2 Q by signed windows of five bits share their
    /// doublings, and r is compared with x without a division. Everything here is public.
    /// </summary>
    public sealed class EcdsaVerification
    {
        private const int OddMultiples = 8;
        private readonly byte[] _publicKey;
        private readonly int[] _x = new int[FieldP.Limbs];
        private readonly int[] _y = new int[FieldP.Limbs];
        private readonly JacobianPoint _term = new JacobianPoint();
        private JacobianPoint _sum = new JacobianPoint();
        private int[] _multiples = new int[0];
        private sbyte[] _digits = new sbyte[0];
        private byte[] _bits = new byte[0];
        private int[] _table = new int[0];
        private byte[] _hash = new byte[0];
        private byte[] _signature = new byte[0];
        private bool _hasGenerator;
        private int _negate;
        private int _bit;
        private int _made;
        private Power? _power;
        private int _stage;

        /// <param name="publicKey">Compressed public key, 33 bytes.</param>
        public EcdsaVerification(byte[] publicKey)
        {
            _publicKey = publicKey;
        }

        /// <summary>Whether the signature is right; meaningful when <see cref="Step"/> answered true.</summary>
        public bool IsValid { get; private set; }

        /// <summary>Begins; the hash has 32 bytes. A signature or key out of form is finished, and wrong, at once.</summary>
        public void Start(byte[] hash, byte[] signature)
        {
            _hash = hash;
            _signature = signature;
            IsValid = false;
            bool hasForm = hash.Length == 32 && signature.Length == SignatureForm.Size && SignatureForm.IsAcceptable(signature, 0)
                && _publicKey.Length == 33 && (_publicKey[0] == 2 || _publicKey[0] == 3);
            _stage = hasForm ? Stage.Root : Stage.Done;
            if (hasForm)
            {
                StartRoot();
            }
        }

        /// <summary>Does one piece of work; true when <see cref="IsValid"/> tells the result.</summary>
        public bool Step()
        {
            switch (_stage)
            {
                case Stage.Root:
                    if (_power!.Step())
                    {
                        FinishRoot();
                    }

                    break;
                case Stage.Inverse:
                    _stage = _power!.Step() ? Stage.Scalars : _stage;
                    break;
                case Stage.Scalars:
                    SplitScalars(_power!.Value);
                    break;
                case Stage.Multiples:
                    AddMultiple();
                    break;
                case Stage.Sum:
                    Sum();
                    break;
                default:
                    return true;
            }

            return _stage == Stage.Done;
        }

        // y^2 = x^3 - 3x + b.
        private void StartRoot()
        {
            FieldP.FromBytes(_x, _publicKey, 1);
            FieldP.Square(_y, _x);
            FieldP.Multiply(_y, _y, _x);
            FieldP.Combine(_y, _y, 1, _x, -3);
            FieldP.Combine(_y, _y, 1, FieldP.CurveB(), 1);
            _power = Power.RootModuloP();
            _power.Start(_y);
        }

        private void FinishRoot()
        {
            int[] root = _power!.Value;
            int[] square = new int[FieldP.Limbs];
            FieldP.Square(square, root);
            byte[] bytes = new byte[32];
            FieldP.ToBytes(_x, bytes, 0);
            if (!FieldP.AreEqual(square, _y) || !IsSameAsKey(bytes))
            {
                _stage = Stage.Done;
                return;
            }

            FieldP.ToBytes(root, bytes, 0);
            int times = (bytes[31] & 1) == (_publicKey[0] & 1) ? 1 : -1;
            FieldP.Combine(_y, root, times, root, 0);
            int[] s = new int[FieldP.Limbs];
            LimbBytes.Read(s, _signature, 32);
            OrderN.ToMontgomery(s, s);
            _power = Power.InverseModuloN();
            _power.Start(s);
            _stage = Stage.Inverse;
        }

        // An x of p or more names a point a second time.
        private bool IsSameAsKey(byte[] x)
        {
            int bits = 0;
            for (int i = 0; i < 32; i++)
            {
                bits |= x[i] ^ _publicKey[1 + i];
            }

            return bits == 0;
        }

        private void SplitScalars(int[] inverse)
        {
            int[] number = new int[FieldP.Limbs];
            byte[] scalar = new byte[32];
            LimbBytes.Read(number, _signature, 0);
            OrderN.Multiply(number, number, inverse);
            OrderN.ToBytes(number, scalar, 0);
            _digits = SignedWindows(scalar);
            LimbBytes.Read(number, _hash, 0);
            OrderN.Multiply(number, number, inverse);
            OrderN.ToBytes(number, scalar, 0);
            _hasGenerator = !SignatureForm.IsZero(scalar, 0);
            _bits = GeneratorMultiplication.OddBits(scalar, out _negate);
            _table = GeneratorTable.Coordinates();
            _multiples = new int[OddMultiples * JacobianPoint.Size];
            _sum.Set(_x, _y);
            _sum.CopyTo(_multiples, 0);
            _term.Set(_sum);
            _term.Double();
            _made = 1;
            _power = null;
            _stage = Stage.Multiples;
        }

        private void AddMultiple()
        {
            _sum.Add(_term);
            _sum.CopyTo(_multiples, _made * JacobianPoint.Size);
            _made++;
            if (_made == OddMultiples)
            {
                _sum = new JacobianPoint();
                _bit = 256;
                _stage = Stage.Sum;
            }
        }

        private void Sum()
        {
            for (int i = _bit < GeneratorTable.Columns ? 1 : 0; i < 2 && _bit >= 0; i++)
            {
                _sum.Double();
                int digit = _digits[_bit];
                if (digit != 0)
                {
                    _term.Set(_multiples, ((digit < 0 ? -digit : digit) >> 1) * JacobianPoint.Size);
                    FieldP.Combine(_term.Y, _term.Y, digit < 0 ? -1 : 1, _term.Y, 0);
                    _sum.Add(_term);
                }

                if (_hasGenerator && _bit < GeneratorTable.Columns)
                {
                    GeneratorMultiplication.Select(_table, _bits, _bit, _negate, _x, _y);
                    _term.Set(_x, _y);
                    _sum.Add(_term);
                }

                _bit--;
            }

            if (_bit < 0)
            {
                IsValid = !_sum.IsInfinite && IsFirstHalf();
                _multiples = new int[0];
                _table = new int[0];
                _stage = Stage.Done;
            }
        }

        // x mod n = r: x is r, or r + n where that is still below p.
        private bool IsFirstHalf()
        {
            int[] square = new int[FieldP.Limbs];
            int[] r = new int[FieldP.Limbs];
            byte[] bytes = new byte[32];
            FieldP.Square(square, _sum.Z);
            Array.Copy(_signature, bytes, 32);
            if (IsX(bytes, square))
            {
                return true;
            }

            LimbBytes.Read(r, _signature, 0);
            FieldP.Add(r, r, OrderN.Order());
            LimbBytes.Carry(r);
            int[] below = new int[FieldP.Limbs];
            FieldP.Subtract(below, r, FieldP.Prime());
            LimbBytes.Carry(below);
            if (below[8] >= 0)
            {
                return false;
            }

            LimbBytes.Write(r, bytes, 0);
            return IsX(bytes, square);
        }

        private bool IsX(byte[] candidate, int[] square)
        {
            int[] x = new int[FieldP.Limbs];
            FieldP.FromBytes(x, candidate, 0);
            FieldP.Multiply(x, x, square);
            return FieldP.AreEqual(x, _sum.X);
        }

        // Digits between -15 and 15, odd or zero, with at least four zeros after each other.
        private static sbyte[] SignedWindows(byte[] scalar)
        {
            byte[] bits = new byte[262];
            for (int i = 0; i < 256; i++)
            {
                bits[i] = (byte)(scalar[31 - (i >> 3)] >> (i & 7) & 1);
            }

            sbyte[] digits = new sbyte[257];
            int carry = 0;
            int at = 0;
            while (at < 257)
            {
                if (bits[at] == carry)
                {
                    at++;
                    continue;
                }

                int window = carry;
                for (int i = 0; i < 5; i++)
                {
                    window += bits[at + i] << i;
                }

                carry = window > 15 ? 1 : 0;
                digits[at] = (sbyte)(window - 32 * carry);
                at += 5;
            }

            return digits;
        }

        private static class Stage
        {
            public const int Root = 1;
            public const int Inverse = 2;
            public const int Scalars = 3;
            public const int Multiples = 4;
            public const int Sum = 5;
            public const int Done = 0;
        }
    }
}
