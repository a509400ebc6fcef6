namespace DePin.Fleet.Updates;

/// <summary>When the open wave has so many of its nodes updated, as it looks now.</summary>
/// <param name="SecondsTo50">From its opening to half of it: measured where it is reached, else forecast; null where nothing is known.</param>
/// <param name="SecondsTo90">To nine tenths.</param>
/// <param name="SecondsTo99">To all but a hundredth.</param>
/// <param name="IsForecast">Whether the last of these that is known was forecast.</param>
/// <param name="Basis">What it rests on, in words.</param>
public sealed record Forecast(long? SecondsTo50, long? SecondsTo90, long? SecondsTo99, bool IsForecast, Sentence Basis)
{
    /// <summary>
    /// Works it out; pure. Offers go on as fast as they went since the wave opened, and nodes take what the slowest tenth took from the offer to the
    /// confirmation. Nodes that are not connected are not foreseen.
    /// </summary>
    /// <param name="size">Nodes in the wave.</param>
    /// <param name="offered">Offers made.</param>
    /// <param name="offersPerMinute">The plan's rate: it never goes faster.</param>
    /// <param name="openSeconds">How long the wave is open.</param>
    /// <param name="measured">Seconds from its opening to 50, 90 and 99 %, null where that is not reached.</param>
    /// <param name="slowSeconds">From offer to confirmation of the slowest tenth, null where none is confirmed.</param>
    public static Forecast Of(long size, long offered, int offersPerMinute, long openSeconds, (long? To50, long? To90, long? To99) measured, long? slowSeconds)
    {
        if (measured.To99 is not null || size == 0)
        {
            return new Forecast(measured.To50, measured.To90, measured.To99, false, Sentence.Of($"measured"));
        }

        if (slowSeconds is not { } slow || offered == 0)
        {
            return new Forecast(measured.To50, measured.To90, null, false, Sentence.Of($"nothing is confirmed yet"));
        }

        double perSecond = Math.Min(offersPerMinute / 60.0, offered / (double)Math.Max(1, openSeconds));
        long To(int percent, long? known)
        {
            long needed = ((size * percent) + 99) / 100;
            return known ?? Math.Max(openSeconds, (long)Math.Ceiling(openSeconds + (Math.Max(0, needed - offered) / perSecond) + slow));
        }

        return new Forecast(To(50, measured.To50), To(90, measured.To90), To(99, null), true, Sentence.Of($"{offered} offers in {openSeconds} s, and {slow} s from offer to confirmation for nine of ten"));
    }
}
