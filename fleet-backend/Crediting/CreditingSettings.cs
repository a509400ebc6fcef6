namespace DePin.Fleet.Crediting;

/// <summary>What a credited reading is worth.</summary>
public sealed record CreditingSettings
{
    /// <summary>Micro-credits for a kWh delivered: 50 credits, which is exactly 50 micro-credits for a mWh.</summary>
    public long MicroPerKilowattHour { get; init; } = 50_000_000;

    /// <summary>Micro-credits for an hour of service: exactly 10 micro-credits for a second.</summary>
    public long MicroPerServedHour { get; init; } = 36_000;

    /// <summary>The same for nodes that serve Wi-Fi, where the service is the product: exactly 20 micro-credits for a second.</summary>
    public long MicroPerServedHourWifi { get; init; } = 72_000;

    /// <summary>The tariff of a profile.</summary>
    public Tariff TariffFor(bool servesWifi) => new(MicroPerKilowattHour, servesWifi ? MicroPerServedHourWifi : MicroPerServedHour);

    /// <summary>The first setting that is out of its bounds, as a sentence, or null.</summary>
    public string? Problem()
    {
        const long Most = 1_000_000_000_000;
        bool isValid = MicroPerKilowattHour is >= 0 and <= Most && MicroPerServedHour is >= 0 and <= Most && MicroPerServedHourWifi is >= 0 and <= Most;
        return isValid ? null : $"the amounts under crediting are micro-credits; they must be numbers from 0 to {Most}.";
    }
}
