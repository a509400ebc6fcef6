namespace DePin.Fleet.Crediting;

/// <summary>Who shares a node's credit, in basis points; together 10,000.</summary>
public sealed record Agreement(int OperatorBasisPoints, int CapitalBuilderBasisPoints)
{
    /// <summary>All of it, in basis points.</summary>
    public const int Whole = 10_000;

    /// <summary>What is wrong with the shares, as a sentence, or null.</summary>
    public string? Problem() =>
        OperatorBasisPoints < 0 || CapitalBuilderBasisPoints < 0 || (long)OperatorBasisPoints + CapitalBuilderBasisPoints != Whole
            ? $"the shares of an agreement are basis points and add up to {Whole}."
            : null;
}
