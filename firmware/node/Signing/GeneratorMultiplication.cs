namespace DePin.Node.Signing
{
    /// <summary>
    /// k G in steps, for a secret k: a comb of signed bits with five teeth, so that every column adds a point of the table.
    /// Neither branches nor addresses depend on k; what remains is that the time of a machine's multiplication may.
    /// The first sum of two equal or opposite points would be wrong; for all but a few dozen of the 2^256 numbers there is none.
    /// </summary>
    public sealed class GeneratorMultiplication
    {
        private const int ColumnsPerStep = 2;
        private readonly int[] _x = new int[FieldP.Limbs];
        private readonly int[] _y = new int[FieldP.Limbs];
        private readonly JacobianPoint _sum = new JacobianPoint();
        private int[] _table = new int[0];
        private byte[] _bits = new byte[0];
        private int _negate;
        private int _column;
        private Power? _inverse;

        /// <summary>x of the point, Montgomery form.</summary>
        public int[] X { get { return _x; } }

        /// <summary>y of the point, Montgomery form.</summary>
        public int[] Y { get { return _y; } }

        /// <summary>Begins; k is 32 bytes, big-endian, between 1 and n - 1.</summary>
        public void Start(byte[] k)
        {
            _table = GeneratorTable.Coordinates();
            _bits = OddBits(k, out _negate);
            _column = GeneratorTable.Columns - 1;
            _inverse = null;
            Select(_table, _bits, _column, 0, _x, _y);
            _sum.Set(_x, _y);
        }

        /// <summary>Does two columns or a part of the last division; true when <see cref="X"/> and <see cref="Y"/> are finished.</summary>
        public bool Step()
        {
            for (int i = 0; i < ColumnsPerStep && _column > 0; i++)
            {
                _column--;
                Select(_table, _bits, _column, 0, _x, _y);
                _sum.Double();
                _sum.AddDistinct(_x, _y);
            }

            if (_column > 0)
            {
                return false;
            }

            if (_inverse == null)
            {
                _inverse = Power.InverseModuloP();
                _inverse.Start(_sum.Z);
                return false;
            }

            if (!_inverse.Step())
            {
                return false;
            }

            FieldP.Square(_x, _inverse.Value);
            FieldP.Multiply(_y, _x, _inverse.Value);
            FieldP.Multiply(_x, _x, _sum.X);
            FieldP.Multiply(_y, _y, _sum.Y);
            Negate(_y, _negate);
            _table = new int[0];
            return true;
        }

        /// <summary>
        /// The bits of k, lowest first, where k is odd, and else of n - k; then <paramref name="negate"/> is -1 instead of 0.
        /// Only an odd number has no zero among its signed bits.
        /// </summary>
        public static byte[] OddBits(byte[] k, out int negate)
        {
            int[] limbs = new int[FieldP.Limbs];
            LimbBytes.Read(limbs, k, 0);
            int[] order = OrderN.Order();
            negate = (limbs[0] & 1) - 1;
            for (int i = 0; i < FieldP.Limbs; i++)
            {
                limbs[i] = (limbs[i] & ~negate) | ((order[i] - limbs[i]) & negate);
            }

            LimbBytes.Carry(limbs);
            byte[] odd = new byte[32];
            LimbBytes.Write(limbs, odd, 0);
            byte[] bits = new byte[256];
            for (int i = 0; i < 256; i++)
            {
                bits[i] = (byte)(odd[31 - (i >> 3)] >> (i & 7) & 1);
            }

            return bits;
        }

        /// <summary>The point that a column adds, negated once more where <paramref name="negate"/> is -1.</summary>
        public static void Select(int[] table, byte[] bits, int column, int negate, int[] x, int[] y)
        {
            // The sum of +-2^i over 260 bits is k where bit i of (k + 2^260 - 1) / 2 says plus; that is k >> 1 with bit 259 set.
            int index = 0;
            for (int tooth = 3; tooth >= 0; tooth--)
            {
                index = index << 1 | bits[column + GeneratorTable.Columns * tooth + 1];
            }

            int high = column + 4 * GeneratorTable.Columns + 1;
            int minus = (high < 256 ? bits[high] : high == 260 ? 1 : 0) - 1;
            GeneratorTable.Select(table, index ^ (minus & 15), x, y);
            Negate(y, minus ^ negate);
        }

        private static void Negate(int[] y, int mask)
        {
            for (int i = 0; i < FieldP.Limbs; i++)
            {
                y[i] = (y[i] ^ mask) - mask;
            }
        }
    }
}
