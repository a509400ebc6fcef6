using DePin.Host;

namespace DePin.Fleet;

/// <summary>Which clock the backend goes by.</summary>
internal static class Clock
{
    /// <summary>The scaled clock of a demonstration where the settings name one, else the system's.</summary>
    /// <exception cref="StartRefusedException">The named file is not a clock.</exception>
    public static TimeProvider Of(FleetSettings settings)
    {
        try
        {
            return settings.ClockFile is { } file ? ScaledClock.Join(file) : TimeProvider.System;
        }
        catch (InvalidDataException problem)
        {
            throw new StartRefusedException(problem.Message, problem);
        }
    }
}
