namespace DePin.Fleet.Signatures;

/// <summary>
/// A point of P-256 in each lane as x = X / Z², y = Y / Z³, so that neither a sum nor a double needs a division. X and Y are tidy or products, Z is a product. The infinite point, and a
/// sum of two equal or opposite ones, which these formulas do not have, leave Z = 0 for ever.
/// </summary>
internal readonly struct PointLanes
{
    public readonly FieldLanes X, Y, Z;

    private PointLanes(in FieldLanes x, in FieldLanes y, in FieldLanes z)
    {
        X = x;
        Y = y;
        Z = z;
    }

    /// <summary>Points with Z = 1.</summary>
    public static PointLanes Of(in FieldLanes x, in FieldLanes y) => new(x, y, FieldLanes.One);

    /// <summary>Twice the points: with M = 3 (X - Z²)(X + Z²) and S = X Y² it is X' = M² - 8 S, Y' = M (4 S - X') - 8 Y⁴, Z' = 2 Y Z.</summary>
    public PointLanes Double()
    {
        FieldLanes zz = Z.Square();
        FieldLanes product = (X - zz) * (X + zz);
        FieldLanes m = (product + product + product).Tidy();
        FieldLanes yy = Y.Square();
        FieldLanes s = X * yy;
        FieldLanes x = (m.Square() - (s << 3)).Tidy();
        FieldLanes y = ((m * ((s << 2) - x).Tidy()) - (yy.Square() << 3)).Tidy();
        return new PointLanes(x, y, (Y + Y) * Z);
    }

    /// <summary>The sums with points whose coordinates' limbs are of -1 to 1.</summary>
    public PointLanes Add(in FieldLanes otherX, in FieldLanes otherY)
    {
        FieldLanes zz = Z.Square();
        FieldLanes h = (otherX * zz) - X;
        FieldLanes r = (otherY * (zz * Z)) - Y;
        FieldLanes hh = h.Square();
        FieldLanes hhh = hh * h;
        FieldLanes v = hh * X;
        FieldLanes x = (r.Square() - hhh - (v << 1)).Tidy();
        FieldLanes y = ((r * (v - x)) - (hhh * Y)).Tidy();
        return new PointLanes(x, y, h * Z);
    }
}
