using DePin.Contracts.Metering;

namespace DePin.Fleet.Verification;

/// <summary>
/// A living sky never gives the same milliwatt-hours two hours long. A full battery may: the panel then gives what the load takes, so
/// readings with one are not counted.
/// </summary>
internal static class Sameness
{
    // Charge from which a charger throttles the panel, permille.
    private const int FullPermille = 950;

    /// <summary>Counts readings in a row with the same energies, neither of them zero.</summary>
    public static void Watch(Reading reading, NodeVerdictState state)
    {
        long harvested = reading.HarvestedMilliwattHours;
        long delivered = reading.DeliveredMilliwattHours;
        bool counts = harvested > 0 && delivered > 0 && reading.BatteryPermille < FullPermille;
        bool isSame = counts && state.SameReadings > 0 && harvested == state.LastHarvestedMilliwattHours && delivered == state.LastDeliveredMilliwattHours;
        state.SameReadings = isSame ? state.SameReadings + 1 : counts ? 1 : 0;
        state.LastHarvestedMilliwattHours = harvested;
        state.LastDeliveredMilliwattHours = delivered;
    }

    /// <summary>What speaks against such readings in daylight, or null.</summary>
    public static Finding? Against(Sun sun, PairedTime place, long opened, NodeVerdictState state, VerificationSettings settings) =>
        state.SameReadings >= settings.StuckReadings && sun.ElevationDegrees(place.Latitude, place.Longitude, opened) > 0
            ? new Finding(
                VerdictName.StuckSensor,
                $"{state.SameReadings} readings in a row harvested {state.LastHarvestedMilliwattHours} and delivered {state.LastDeliveredMilliwattHours} mWh in daylight; {settings.StuckReadings} are believed")
            : null;
}
