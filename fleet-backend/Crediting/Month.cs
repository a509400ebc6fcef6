namespace DePin.Fleet.Crediting;

/// <summary>A month of UTC.</summary>
/// <param name="Number">Months since year 0: year * 12 + month - 1.</param>
public readonly record struct Month(long Number)
{
    /// <summary>The month of a time.</summary>
    public static Month Of(long unixSeconds)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(unixSeconds, 0, 253_402_300_799));
        return new Month(time.Year * 12 + time.Month - 1);
    }

    /// <summary>Its first second.</summary>
    public long FromUnixSeconds => new DateTimeOffset((int)(Number / 12), (int)(Number % 12) + 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();

    /// <summary>The first second of the next.</summary>
    public long ToUnixSeconds => new Month(Number + 1).FromUnixSeconds;

    /// <summary>2026-03.</summary>
    public override string ToString() => $"{Number / 12:0000}-{(Number % 12) + 1:00}";
}
