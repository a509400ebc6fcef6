using System;

namespace DePin.Node.Signing
{
    /// <summary>
    /// A point of P-256 as (X / Z^2, Y / Z^3), with room of its own for what is in between; at first the point at infinity.
    /// </summary>
    public sealed partial class JacobianPoint
    {
        private readonly int[] _a = new int[FieldP.Limbs];
        private readonly int[] _b = new int[FieldP.Limbs];
        private readonly int[] _c = new int[FieldP.Limbs];
        private readonly int[] _d = new int[FieldP.Limbs];
        private readonly int[] _e = new int[FieldP.Limbs];

        /// <summary>X, Montgomery form.</summary>
        public int[] X { get; } = new int[FieldP.Limbs];

        /// <summary>Y, Montgomery form.</summary>
        public int[] Y { get; } = new int[FieldP.Limbs];

        /// <summary>Z, Montgomery form.</summary>
        public int[] Z { get; } = new int[FieldP.Limbs];

        /// <summary>Whether this is known to be the point at infinity.</summary>
        public bool IsInfinite { get; private set; } = true;

        /// <summary>Whether Z is known to be 1.</summary>
        public bool IsAffine { get; private set; }

        /// <summary>Becomes the point with these coordinates and Z = 1.</summary>
        public void Set(int[] x, int[] y)
        {
            Array.Copy(x, X, FieldP.Limbs);
            Array.Copy(y, Y, FieldP.Limbs);
            Array.Copy(FieldP.One(), Z, FieldP.Limbs);
            IsInfinite = false;
            IsAffine = true;
        }

        /// <summary>Becomes a copy.</summary>
        public void Set(JacobianPoint other)
        {
            Array.Copy(other.X, X, FieldP.Limbs);
            Array.Copy(other.Y, Y, FieldP.Limbs);
            Array.Copy(other.Z, Z, FieldP.Limbs);
            IsInfinite = other.IsInfinite;
            IsAffine = other.IsAffine;
        }

        /// <summary>Becomes twice itself: 4 products, 4 squares. No point has an order of 2.</summary>
        public void Double()
        {
            IsAffine = false;
            int[] delta = _a;
            int[] gamma = _b;
            int[] beta = _c;
            int[] alpha = _d;
            int[] t = _e;
            FieldP.Square(delta, Z);
            FieldP.Square(gamma, Y);
            FieldP.Multiply(beta, X, gamma);

            // 3 X^2 + a Z^4 with a = -3.
            FieldP.Subtract(alpha, X, delta);
            FieldP.Add(t, X, delta);
            FieldP.Multiply(t, alpha, t);
            FieldP.Combine(alpha, t, 3, t, 0);

            FieldP.Add(t, Y, Y);
            FieldP.Multiply(Z, t, Z);
            FieldP.Square(t, alpha);
            FieldP.Combine(X, t, 1, beta, -8);
            FieldP.Combine(t, beta, 4, X, -1);
            FieldP.Multiply(t, alpha, t);
            FieldP.Square(gamma, gamma);
            FieldP.Combine(Y, t, 1, gamma, -8);
        }

        /// <summary>
        /// Adds the point with these coordinates and Z = 1: 8 products, 3 squares, and no branch. Wrong where this point is
        /// infinite, the same or the opposite one.
        /// </summary>
        public void AddDistinct(int[] x, int[] y)
        {
            int[] square = _a;
            int[] h = _b;
            int[] s = _c;
            IsAffine = false;
            FieldP.Square(square, Z);
            FieldP.Multiply(h, x, square);
            FieldP.Multiply(s, square, Z);
            FieldP.Multiply(s, y, s);
            Finish(h, s, X, Y);
            FieldP.Multiply(Z, Z, h);
        }

        // From here both points have the same Z: (u, v) is this one, (h, s) the other. Leaves h - u in h.
        private void Finish(int[] h, int[] s, int[] u, int[] v)
        {
            int[] square = _a;
            int[] cube = _d;
            int[] t = _e;
            FieldP.Subtract(h, h, u);
            FieldP.Subtract(s, s, v);
            FieldP.Square(square, h);
            FieldP.Multiply(cube, square, h);
            FieldP.Multiply(square, u, square);
            FieldP.Multiply(t, v, cube);
            FieldP.Combine(cube, cube, 1, square, 2);
            FieldP.Square(X, s);
            FieldP.Combine(X, X, 1, cube, -1);
            FieldP.Subtract(square, square, X);
            FieldP.Multiply(square, s, square);
            FieldP.Combine(Y, square, 1, t, -1);
        }
    }
}
