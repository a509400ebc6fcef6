namespace DePin.Fleet.Crediting;

/// <summary>What energy and service of one profile earn.</summary>
/// <param name="MicroPerKilowattHour">Micro-credits for a kWh delivered.</param>
/// <param name="MicroPerServedHour">Micro-credits for an hour of service.</param>
/// <param name="MicroPerVoucher">Micro-credits for a redeemed voucher of Wi-Fi use: traffic alone can be made at home.</param>
public sealed record Tariff(long MicroPerKilowattHour, long MicroPerServedHour, long MicroPerVoucher = 0)
{
    private const long MilliwattHoursPerKilowattHour = 1_000_000;
    private const long SecondsPerHour = 3600;

    /// <summary>Micro-credits for this energy, rounded down.</summary>
    /// <exception cref="OverflowException">The amount does not fit; no reading within its rating comes near.</exception>
    public long ForEnergy(long milliwattHours) => checked((long)((Int128)milliwattHours * MicroPerKilowattHour / MilliwattHoursPerKilowattHour));

    /// <summary>Micro-credits for this service, rounded down.</summary>
    /// <exception cref="OverflowException">The amount does not fit; no batch comes near.</exception>
    public long ForService(long seconds) => checked((long)((Int128)seconds * MicroPerServedHour / SecondsPerHour));
}
