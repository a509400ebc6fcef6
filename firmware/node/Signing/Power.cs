using System;

namespace DePin.Node.Signing
{
    /// <summary>
    /// A fixed power of a number modulo p or n, in steps: windows of four bits. The exponent is public and steers what is done;
    /// the number does not.
    /// </summary>
    public sealed class Power
    {
        private const int WindowsPerStep = 8;
        private readonly bool _isModuloN;
        private readonly byte[] _exponent;
        private int[] _value = new int[FieldP.Limbs];
        private int[][] _powers = new int[0][];
        private int _window;

        private Power(bool isModuloN, byte[] exponent)
        {
            _isModuloN = isModuloN;
            _exponent = exponent;
        }

        /// <summary>The finished power.</summary>
        public int[] Value { get { return _value; } }

        /// <summary>1 / number modulo p, as number^(p - 2); 0 for 0.</summary>
        public static Power InverseModuloP()
        {
            return new Power(false, new byte[]
            {
                0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFD,
            });
        }

        /// <summary>The candidate for a square root modulo p, as number^((p + 1) / 4); square it to know.</summary>
        public static Power RootModuloP()
        {
            return new Power(false, new byte[]
            {
                0x3F, 0xFF, 0xFF, 0xFF, 0xC0, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                0x00, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            });
        }

        /// <summary>1 / number modulo n, as number^(n - 2); 0 for 0.</summary>
        public static Power InverseModuloN()
        {
            return new Power(true, new byte[]
            {
                0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x4F,
            });
        }

        /// <summary>Begins; the number is in Montgomery form and copied.</summary>
        public void Start(int[] number)
        {
            _value = _isModuloN ? OrderN.One() : FieldP.One();
            _powers = new int[2][];
            _powers[1] = new int[FieldP.Limbs];
            Array.Copy(number, _powers[1], FieldP.Limbs);
            _window = 0;
        }

        /// <summary>Does some windows; true when <see cref="Value"/> is finished.</summary>
        public bool Step()
        {
            if (_powers.Length == 2)
            {
                MakePowers();
                return false;
            }

            for (int i = 0; i < WindowsPerStep && _window < 64; i++)
            {
                for (int bit = 0; bit < 4 && _window > 0; bit++)
                {
                    if (_isModuloN)
                    {
                        OrderN.Square(_value, _value);
                    }
                    else
                    {
                        FieldP.Square(_value, _value);
                    }
                }

                int digit = (_window & 1) == 0 ? _exponent[_window >> 1] >> 4 : _exponent[_window >> 1] & 15;
                if (digit != 0)
                {
                    Multiply(_value, _value, _powers[digit]);
                }

                _window++;
            }

            if (_window == 64)
            {
                _powers = new int[0][];
            }

            return _window == 64;
        }

        private void MakePowers()
        {
            int[] number = _powers[1];
            _powers = new int[16][];
            _powers[1] = number;
            for (int i = 2; i < 16; i++)
            {
                _powers[i] = new int[FieldP.Limbs];
                Multiply(_powers[i], _powers[i - 1], number);
            }
        }

        private void Multiply(int[] r, int[] a, int[] b)
        {
            if (_isModuloN)
            {
                OrderN.Multiply(r, a, b);
            }
            else
            {
                FieldP.Multiply(r, a, b);
            }
        }
    }
}
