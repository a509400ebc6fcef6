using System.Globalization;

namespace DePin.Host.Simulation;

/// <summary>
/// A measured sky: CSV with the header <c>utc,ghi_w_m2,air_c</c> and one line for every minute of one or more whole days (up to
/// 31). A run that goes beyond the file, on either side, sees its days again: see <see cref="Covers"/>. The measurement holds
/// for every place asked for, since one station cannot say more.
/// </summary>
public sealed class IrradianceFile : ISky
{
    /// <summary>The first line.</summary>
    public const string Header = "utc,ghi_w_m2,air_c";

    private const int MinutesPerDay = 1440;
    private const int LargestDays = 31;
    private const int LargestLine = 128;
    private const double LargestIrradiance = 1600;

    private readonly List<Weather> _minutes = [];

    private IrradianceFile(string path)
    {
        Path = path;
    }

    /// <summary>The file that was read.</summary>
    public string Path { get; }

    /// <summary>Unix seconds of the first minute.</summary>
    public long FirstUnixSeconds { get; private set; }

    /// <summary>Unix seconds after the last minute; from here on the days repeat.</summary>
    public long EndUnixSeconds => FirstUnixSeconds + 60L * _minutes.Count;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is missing or malformed; the message names the line.</exception>
    public static IrradianceFile Read(string path)
    {
        var file = new IrradianceFile(path);
        try
        {
            int number = 0;
            foreach (string line in File.ReadLines(path))
            {
                file.Take(line, ++number);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The irradiance file {path} cannot be read: {problem.Message}", problem);
        }

        if (file._minutes.Count == 0 || file._minutes.Count % MinutesPerDay != 0)
        {
            throw new InvalidDataException($"The irradiance file {path} has {file._minutes.Count} minutes; it needs whole days of {MinutesPerDay} lines each.");
        }

        return file;
    }

    /// <summary>Whether the moment was measured; elsewhere the file's days are repeated.</summary>
    public bool Covers(long unixSeconds) => unixSeconds >= FirstUnixSeconds && unixSeconds < EndUnixSeconds;

    /// <inheritdoc />
    public Weather At(double latitude, double longitude, long unixSeconds)
    {
        long minute = Math.DivRem(unixSeconds - FirstUnixSeconds, 60, out long second);
        if (second < 0)
        {
            minute--;
        }

        long wrapped = minute % _minutes.Count;
        return _minutes[(int)(wrapped < 0 ? wrapped + _minutes.Count : wrapped)];
    }

    private void Take(string line, int number)
    {
        if (number == 1)
        {
            Require(line.TrimEnd() == Header, number, $"the first line must be {Header}");
            return;
        }

        Require(line.Length <= LargestLine, number, $"a line has at most {LargestLine} characters");
        Require(_minutes.Count < LargestDays * MinutesPerDay, number, $"a file has at most {LargestDays} days");
        string[] fields = line.Split(',');
        Require(fields.Length == 3, number, "three fields are needed: " + Header);
        long unixSeconds = Time(fields[0], number);
        if (_minutes.Count == 0)
        {
            FirstUnixSeconds = unixSeconds;
        }

        Require(unixSeconds == EndUnixSeconds, number, "every line must follow the one before by one minute");
        double irradiance = Number(fields[1], 0, LargestIrradiance, "ghi_w_m2", number);
        _minutes.Add(new Weather(irradiance, Number(fields[2], -80, 70, "air_c", number)));
    }

    private long Time(string field, int number)
    {
        bool isTime = DateTimeOffset.TryParseExact(
            field, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time);
        Require(isTime && time.Second == 0, number, $"'{field}' is no whole minute in the form 2016-01-31T23:59:00Z");
        return time.ToUnixTimeSeconds();
    }

    private double Number(string field, double min, double max, string name, int number)
    {
        bool isNumber = double.TryParse(field, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value);
        Require(isNumber && value >= min && value <= max, number, $"{name} is '{field}', not a number between {min} and {max}");
        return value;
    }

    private void Require(bool isRight, int number, string rule)
    {
        if (!isRight)
        {
            throw new InvalidDataException($"The irradiance file {Path}, line {number}: {rule}.");
        }
    }
}
