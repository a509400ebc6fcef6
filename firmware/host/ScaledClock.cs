using System.Text.Json;

namespace DePin.Host;

/// <summary>
/// A clock that runs faster than life, for demonstrations: simulated time = anchor + real time passed x scale. Backend and
/// virtual fleet read the same file and so agree without talking; both compile this one source. It never goes back, not within
/// a process and, by the high-water mark in the file, not from one run to the next.
/// </summary>
public sealed class ScaledClock : TimeProvider
{
    private readonly State _state;
    private long _latestUnixMilliseconds;

    private ScaledClock(State state)
    {
        _state = state;
    }

    /// <summary>Simulated seconds in one real second.</summary>
    public double Scale => _state.Scale;

    /// <summary>Simulated time, milliseconds since 1970.</summary>
    public long UnixMilliseconds
    {
        get
        {
            long realPassed = System.GetUtcNow().ToUnixTimeMilliseconds() - _state.RealUnixMilliseconds;
            long now = _state.SimulatedUnixMilliseconds + (long)(Math.Max(0, realPassed) * _state.Scale);
            long latest = Volatile.Read(ref _latestUnixMilliseconds);
            while (now > latest)
            {
                long seen = Interlocked.CompareExchange(ref _latestUnixMilliseconds, now, latest);
                if (seen == latest)
                {
                    return now;
                }

                latest = seen;
            }

            return latest;
        }
    }

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(UnixMilliseconds);

    /// <summary>
    /// Anchors a new run at the present: at <paramref name="startUnixMilliseconds"/> where the file does not exist, else where
    /// the last run stood. Writes the file.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is there and is not a clock.</exception>
    public static ScaledClock Start(string path, double scale, long startUnixMilliseconds)
    {
        long from = File.Exists(path) ? Read(path).HighWaterUnixMilliseconds : startUnixMilliseconds;
        var clock = new ScaledClock(new State(scale, System.GetUtcNow().ToUnixTimeMilliseconds(), from, from));
        clock.Save(path, realSecondsAhead: 5);
        return clock;
    }

    /// <summary>Joins the run that wrote the file.</summary>
    /// <exception cref="InvalidDataException">The file is missing or is not a clock.</exception>
    public static ScaledClock Join(string path) => new(Read(path));

    /// <summary>
    /// Writes the high-water mark: the next run starts there. While running, a mark some real seconds ahead is kept, so that
    /// even after a kill no time is given out twice; a clean stop writes the present.
    /// </summary>
    public void Save(string path, double realSecondsAhead)
    {
        long mark = UnixMilliseconds + (long)(realSecondsAhead * 1000 * Scale);
        string temporary = path + ".new";
        File.WriteAllText(temporary, JsonSerializer.Serialize(_state with { HighWaterUnixMilliseconds = mark }));
        File.Move(temporary, path, overwrite: true);
    }

    private static State Read(string path)
    {
        try
        {
            State? state = JsonSerializer.Deserialize<State>(File.ReadAllText(path));
            if (state is { Scale: > 0 and <= 100_000, SimulatedUnixMilliseconds: > 0, RealUnixMilliseconds: > 0, HighWaterUnixMilliseconds: > 0 })
            {
                return state;
            }
        }
        catch (Exception problem) when (problem is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The clock file {path} cannot be read ({problem.Message}); remove the data folder to begin anew.", problem);
        }

        throw new InvalidDataException($"The clock file {path} is not a clock; remove the data folder to begin anew.");
    }

    private sealed record State(double Scale, long RealUnixMilliseconds, long SimulatedUnixMilliseconds, long HighWaterUnixMilliseconds);
}
