namespace DePin.Fleet.Crediting;

/// <summary>An amount divided among those an agreement names; the parts add up to the whole, always.</summary>
/// <param name="OperatorMicro">To the operator.</param>
/// <param name="CapitalBuilderMicro">To whoever paid for the node.</param>
/// <param name="ManagerMicro">To the infrastructure manager.</param>
/// <param name="ReserveMicro">To the community reserve: its share, and what rounding leaves.</param>
public readonly record struct Shares(long OperatorMicro, long CapitalBuilderMicro, long ManagerMicro, long ReserveMicro)
{
    /// <summary>Divides an amount; each share is rounded down.</summary>
    public static Shares Of(long amountMicro, Agreement agreement)
    {
        long toOperator = Part(amountMicro, agreement.OperatorBasisPoints);
        long toBuilder = Part(amountMicro, agreement.CapitalBuilderBasisPoints);
        long toManager = Part(amountMicro, agreement.ManagerBasisPoints);
        return new Shares(toOperator, toBuilder, toManager, checked(amountMicro - toOperator - toBuilder - toManager));
    }

    /// <summary>A part of an amount in basis points, rounded down.</summary>
    public static long Part(long amountMicro, int basisPoints) => checked((long)((Int128)amountMicro * basisPoints / Agreement.Whole));
}
