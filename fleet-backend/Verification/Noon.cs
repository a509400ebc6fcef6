using DePin.Contracts.Metering;

namespace DePin.Fleet.Verification;

/// <summary>
/// A panel's day tells its longitude. Shade, dust and a full battery make a day shorter, never longer; so a day speaks only where its
/// middle is off and its light was seen while the sun at the paired place was below the horizon.
/// </summary>
internal static class Noon
{
    private const long SecondsPerDay = 86_400;
    private const double SecondsPerDegree = SecondsPerDay / 360.0;

    // A day is clear where the panel once gave half of its rating.
    private const int ClearPermilleOfRating = 500;

    // Refraction and the sun's radius lift it by 0.83 degrees; two leave room for hills that a node looks down from.
    private const double BelowHorizonDegrees = -2;

    /// <summary>Follows the light of the day; a day that ends casts its vote.</summary>
    public static void Watch(Reading reading, long opened, PairedTime place, Matter matter, NodeVerdictState state)
    {
        long day = (long)Math.Floor((opened + (place.Longitude * SecondsPerDegree)) / SecondsPerDay);
        if (day != state.LightDay)
        {
            Vote(place, matter, state);
            state.LightDay = day;
            state.FirstLightUnixSeconds = 0;
            state.PeakMilliwatts = 0;
        }

        if (reading.HarvestedMilliwattHours <= Sky.NightMilliwattHours(reading.Seconds, matter.Circumstances.Profile.PanelMilliwatts, matter.Settings))
        {
            return;
        }

        state.FirstLightUnixSeconds = state.FirstLightUnixSeconds == 0 ? opened + reading.Seconds : state.FirstLightUnixSeconds;
        state.LastLightUnixSeconds = opened;
        state.PeakMilliwatts = Math.Max(state.PeakMilliwatts, (long)((Int128)reading.HarvestedMilliwattHours * 3600 / reading.Seconds));
    }

    /// <summary>What speaks against the paired place, or null.</summary>
    public static Finding? Against(NodeVerdictState state, VerificationSettings settings) =>
        state.DaysOff <= -settings.WrongPlaceDays
            ? new Finding(VerdictName.WrongPlace, $"on {-state.DaysOff} clear days in a row the light came too early for the paired place, last by {-state.NoonOffMinutes} minutes; {settings.WrongPlaceMinutes} are allowed")
            : state.DaysOff >= settings.WrongPlaceDays
                ? new Finding(VerdictName.WrongPlace, $"on {state.DaysOff} clear days in a row the light came too late for the paired place, last by {state.NoonOffMinutes} minutes; {settings.WrongPlaceMinutes} are allowed")
                : null;

    private static void Vote(PairedTime place, Matter matter, NodeVerdictState state)
    {
        bool isClear = state.FirstLightUnixSeconds > 0 && state.PeakMilliwatts * 1000 >= matter.Circumstances.Profile.PanelMilliwatts * ClearPermilleOfRating;
        if (!isClear)
        {
            return;
        }

        long middle = (state.FirstLightUnixSeconds + state.LastLightUnixSeconds) / 2;
        var sun = new Sun(middle);
        double minutes = sun.MinutesAfterNoon(place.Longitude, middle);
        bool isEarly = minutes < -matter.Settings.WrongPlaceMinutes && sun.ElevationDegrees(place.Latitude, place.Longitude, state.FirstLightUnixSeconds) < BelowHorizonDegrees;
        bool isLate = minutes > matter.Settings.WrongPlaceMinutes && sun.ElevationDegrees(place.Latitude, place.Longitude, state.LastLightUnixSeconds) < BelowHorizonDegrees;
        state.DaysOff = isEarly ? Math.Min(state.DaysOff, 0) - 1 : isLate ? Math.Max(state.DaysOff, 0) + 1 : 0;
        state.NoonOffMinutes = (int)minutes;
    }
}
