namespace DePin.Fleet.Crediting;

/// <summary>What a credited reading is worth at first, and when credit becomes money.</summary>
public sealed record CreditingSettings
{
    /// <summary>Micro-credits for a kWh delivered: 50 credits, which is exactly 50 micro-credits for a mWh.</summary>
    public long MicroPerKilowattHour { get; init; } = 50_000_000;

    /// <summary>Micro-credits for an hour of service: exactly 10 micro-credits for a second.</summary>
    public long MicroPerServedHour { get; init; } = 36_000;

    /// <summary>The same for nodes that serve Wi-Fi, where the service is the product: exactly 20 micro-credits for a second.</summary>
    public long MicroPerServedHourWifi { get; init; } = 72_000;

    /// <summary>Days from when credit is made to when it is posted: the long checks run meanwhile.</summary>
    public int SettleDays { get; init; } = 8;

    /// <summary>Days by which a lower tariff is announced.</summary>
    public int CutNoticeDays { get; init; } = 90;

    /// <summary>Hours from the approval of an address for payouts to the first payout there: time for its owner to object.</summary>
    public int PayeeWaitHours { get; init; } = 72;

    /// <summary>The tariff of a profile.</summary>
    public Tariff TariffFor(bool servesWifi) => new(MicroPerKilowattHour, servesWifi ? MicroPerServedHourWifi : MicroPerServedHour);

    /// <summary>The first setting that is out of its bounds, as a sentence, or null.</summary>
    public string? Problem()
    {
        const long Most = 1_000_000_000_000;
        bool isValid = MicroPerKilowattHour is >= 0 and <= Most && MicroPerServedHour is >= 0 and <= Most && MicroPerServedHourWifi is >= 0 and <= Most;
        return SettleDays is < 0 or > 365 || CutNoticeDays is < 0 or > 3650 || PayeeWaitHours is < 0 or > 8760
            ? "crediting.settleDays must be a number from 0 to 365, cutNoticeDays from 0 to 3650 and payeeWaitHours from 0 to 8760."
            : isValid ? null : $"the amounts under crediting are micro-credits; they must be numbers from 0 to {Most}.";
    }
}
