using DePin.Contracts.Metering;
using DePin.Host;
using DePin.Host.Simulation;

namespace DePin.Tests.Support;

/// <summary>
/// What a virtual node must be credited by the default tariff, reckoned from its hardware's own record: no code of the backend
/// and none of the node core takes part. Energy from a grid input is not reckoned: nodes with imports are refused.
/// </summary>
internal static class ExpectedCredit
{
    private const long MicroPerMilliwattHour = 50;
    private const long MicroPerServedSecond = 10;
    private const long MicroPerServedSecondOfAnAirNode = 20;

    /// <summary>Micro-credits for all slots of the node's record.</summary>
    public static long Micro(VirtualNode node)
    {
        Profile profile = Profile.Named(node.Registration.Profile);
        return node.Device.Meter.Slots.Sum(slot => Micro(profile, slot));
    }

    private static long Micro(Profile profile, TrueSlot slot)
    {
        Assert.Equal(0, slot.ImportedMilliwattHours);
        double floorMilliwatts = Math.Max(20, 0.005 * profile.OutputMilliwatts);
        bool countsEnergy = slot.DeliveredMilliwattHours * 3600 >= floorMilliwatts * slot.Seconds;
        bool isServed = slot.Seconds >= 270 && slot.BatteryPermille >= 100 && (slot.Flags & (ReadingFlags.OutputLocked | ReadingFlags.BrownOut)) == 0;
        long perSecond = profile.ServesWifi ? MicroPerServedSecondOfAnAirNode : MicroPerServedSecond;
        return (countsEnergy ? slot.DeliveredMilliwattHours * MicroPerMilliwattHour : 0) + (isServed ? slot.Seconds * perSecond : 0);
    }
}
