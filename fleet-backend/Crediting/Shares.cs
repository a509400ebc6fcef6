namespace DePin.Fleet.Crediting;

/// <summary>An amount divided among those an agreement names; the parts add up to the whole, always.</summary>
/// <param name="OperatorMicro">To the operator.</param>
/// <param name="CapitalBuilderMicro">To whoever paid for the node.</param>
/// <param name="ReserveMicro">What rounding leaves, to the community reserve.</param>
public readonly record struct Shares(long OperatorMicro, long CapitalBuilderMicro, long ReserveMicro)
{
    /// <summary>Divides an amount; each share is rounded down.</summary>
    public static Shares Of(long amountMicro, Agreement agreement)
    {
        long toOperator = Part(amountMicro, agreement.OperatorBasisPoints);
        long toBuilder = Part(amountMicro, agreement.CapitalBuilderBasisPoints);
        return new Shares(toOperator, toBuilder, checked(amountMicro - toOperator - toBuilder));
    }

    private static long Part(long amountMicro, int basisPoints) => checked((long)((Int128)amountMicro * basisPoints / Agreement.Whole));
}
