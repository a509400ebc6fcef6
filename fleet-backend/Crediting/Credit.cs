namespace DePin.Fleet.Crediting;

/// <summary>What energy and service of one profile earn.</summary>
/// <param name="MicroPerKilowattHour">Micro-credits for a kWh delivered.</param>
/// <param name="MicroPerServedHour">Micro-credits for an hour of service.</param>
public sealed record Tariff(long MicroPerKilowattHour, long MicroPerServedHour)
{
    private const long MilliwattHoursPerKilowattHour = 1_000_000;
    private const long SecondsPerHour = 3600;

    /// <summary>Micro-credits for this energy, rounded down.</summary>
    /// <exception cref="OverflowException">The amount does not fit; no bounded reading comes near.</exception>
    public long ForEnergy(long milliwattHours) => checked((long)((Int128)milliwattHours * MicroPerKilowattHour / MilliwattHoursPerKilowattHour));

    /// <summary>Micro-credits for this service, rounded down.</summary>
    /// <exception cref="OverflowException">The amount does not fit; no bounded reading comes near.</exception>
    public long ForService(long seconds) => checked((long)((Int128)seconds * MicroPerServedHour / SecondsPerHour));
}

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
