using System;

namespace DePin.Node.Signing
{
    /// <summary>Sums of public points, as only a verification needs them.</summary>
    public sealed partial class JacobianPoint
    {
        /// <summary>Integers that a kept point takes.</summary>
        public const int Size = 3 * FieldP.Limbs;

        /// <summary>Keeps the coordinates, <see cref="Size"/> integers; never infinity.</summary>
        public void CopyTo(int[] store, int offset)
        {
            Array.Copy(X, 0, store, offset, FieldP.Limbs);
            Array.Copy(Y, 0, store, offset + FieldP.Limbs, FieldP.Limbs);
            Array.Copy(Z, 0, store, offset + 2 * FieldP.Limbs, FieldP.Limbs);
        }

        /// <summary>Becomes the point that was kept.</summary>
        public void Set(int[] store, int offset)
        {
            Array.Copy(store, offset, X, 0, FieldP.Limbs);
            Array.Copy(store, offset + FieldP.Limbs, Y, 0, FieldP.Limbs);
            Array.Copy(store, offset + 2 * FieldP.Limbs, Z, 0, FieldP.Limbs);
            IsInfinite = false;
            IsAffine = false;
        }

        /// <summary>
        /// Adds any point, also itself, its opposite or infinity: 12 products and 4 squares, or 8 and 3 where its Z is 1. For
        /// public numbers.
        /// </summary>
        public void Add(JacobianPoint other)
        {
            if (other.IsInfinite)
            {
                return;
            }

            if (IsInfinite)
            {
                Set(other);
                return;
            }

            int[] square = _a;
            int[] h = _b;
            int[] s = _c;
            int[] u = X;
            int[] v = Y;
            if (!other.IsAffine)
            {
                u = new int[FieldP.Limbs];
                v = new int[FieldP.Limbs];
                FieldP.Square(square, other.Z);
                FieldP.Multiply(u, X, square);
                FieldP.Multiply(v, square, other.Z);
                FieldP.Multiply(v, Y, v);
            }

            FieldP.Square(square, Z);
            FieldP.Multiply(h, other.X, square);
            FieldP.Multiply(s, square, Z);
            FieldP.Multiply(s, other.Y, s);
            if (FieldP.AreEqual(h, u))
            {
                if (FieldP.AreEqual(s, v))
                {
                    Double();
                }
                else
                {
                    IsInfinite = true;
                }

                return;
            }

            IsAffine = false;
            Finish(h, s, u, v);
            FieldP.Multiply(Z, Z, h);
            if (!other.IsAffine)
            {
                FieldP.Multiply(Z, Z, other.Z);
            }
        }
    }
}
