using System.Globalization;

namespace DePin.Fleet;

/// <summary>Amounts and times as pages show them, numbers in the language of the request.</summary>
internal static class Amounts
{
    private const decimal MicroPerCredit = 1_000_000, MilliwattHoursPerWattHour = 1000, MilliwattHoursPerKilowattHour = 1_000_000;
    private const decimal MostCredits = 1_000_000_000_000;
    private const int Decimals = 6;

    /// <summary>Micro-credits as credits: two decimals, more where they are not zero.</summary>
    public static string Credits(long micro) => (micro / MicroPerCredit).ToString("#,##0.00####", Language.Present.Numbers);

    /// <summary>The same of an amount as text.</summary>
    public static string Credits(string micro) => Credits(long.Parse(micro, CultureInfo.InvariantCulture));

    /// <summary>Energy in the unit that suits it.</summary>
    public static string Energy(long milliwattHours) => Math.Abs(milliwattHours) >= MilliwattHoursPerKilowattHour
        ? (milliwattHours / MilliwattHoursPerKilowattHour).ToString("#,##0.00", Language.Present.Numbers) + " kWh"
        : (milliwattHours / MilliwattHoursPerWattHour).ToString("#,##0.0", Language.Present.Numbers) + " Wh";

    /// <summary>A whole number.</summary>
    public static string Count(long count) => count.ToString("N0", Language.Present.Numbers);

    /// <summary>Basis points as percent.</summary>
    public static string Percent(long basisPoints) => (basisPoints / 100m).ToString("0.##", Language.Present.Numbers) + " %";

    /// <summary>A minute of UTC; a dash where there is none.</summary>
    public static string Instant(long? unixMilliseconds) => unixMilliseconds is > 0 and < 253_402_300_799_000 ? Utc(unixMilliseconds.Value).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "–";

    /// <summary>A day of UTC; a dash where there is none.</summary>
    public static string Day(long? unixMilliseconds) => unixMilliseconds is > 0 and < 253_402_300_799_000 ? Utc(unixMilliseconds.Value).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "–";

    /// <summary>Credits as somebody types them, comma or point, as micro-credits; null where it is no amount from 0 on with six decimals at most.</summary>
    public static long? MicroOf(string typed)
    {
        string text = typed.Trim().Replace(',', '.');
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal credits) && credits is >= 0 and <= MostCredits && decimal.Round(credits, Decimals) == credits
            ? (long)(credits * MicroPerCredit)
            : null;
    }

    /// <summary>A day as forms send it, its first second; null where it is none.</summary>
    public static long? DayOf(string typed) => DateOnly.TryParseExact(typed, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
        ? new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeSeconds()
        : null;

    private static DateTimeOffset Utc(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds);
}
