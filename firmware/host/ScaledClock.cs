using System.IO.MemoryMappedFiles;
using System.Text.Json;

namespace DePin.Host;

/// <summary>
/// A clock that runs faster than life, for demonstrations: simulated time = anchor + real time passed x scale. Backend and
/// virtual fleet read the same file and so agree without talking; both compile this one source. It never goes back, not within
/// a process and, by the high-water mark in the file, not from one run to the next. A stepped clock stands until whoever started it
/// moves it on; its time lies in eight bytes beside the file, which every process maps.
/// </summary>
public sealed class ScaledClock : TimeProvider
{
    private const string SteppedSuffix = ".now";

    private readonly State _state;
    private readonly MemoryMappedViewAccessor? _stepped;
    private long _latestUnixMilliseconds;

    private ScaledClock(State state, MemoryMappedViewAccessor? stepped = null)
    {
        _state = state;
        _stepped = stepped;
    }

    /// <summary>Simulated seconds in one real second.</summary>
    public double Scale => _state.Scale;

    /// <summary>Simulated time, milliseconds since 1970.</summary>
    public long UnixMilliseconds
    {
        get
        {
            if (_stepped is not null)
            {
                return Math.Max(_state.SimulatedUnixMilliseconds, _stepped.ReadInt64(0));
            }

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

    /// <summary>A clock that stands until <see cref="StepTo"/>. Writes the file.</summary>
    public static ScaledClock StartStepped(string path, long startUnixMilliseconds)
    {
        File.WriteAllBytes(path + SteppedSuffix, BitConverter.GetBytes(startUnixMilliseconds));
        var clock = new ScaledClock(new State(1, System.GetUtcNow().ToUnixTimeMilliseconds(), startUnixMilliseconds, startUnixMilliseconds, IsStepped: true), Map(path));
        clock.Save(path, realSecondsAhead: 0);
        return clock;
    }

    /// <summary>Joins the run that wrote the file.</summary>
    /// <exception cref="InvalidDataException">The file is missing or is not a clock.</exception>
    public static ScaledClock Join(string path)
    {
        State state = Read(path);
        return new ScaledClock(state, state.IsStepped ? Map(path) : null);
    }

    /// <summary>Moves a stepped clock on, for every process that joined it.</summary>
    /// <exception cref="InvalidOperationException">It is not stepped, or the time lies before its own.</exception>
    public void StepTo(long unixMilliseconds)
    {
        if (_stepped is null || unixMilliseconds < UnixMilliseconds)
        {
            throw new InvalidOperationException("only a stepped clock is moved, and only on");
        }

        _stepped.Write(0, unixMilliseconds);
        _stepped.Flush();
    }

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

    private static MemoryMappedViewAccessor Map(string path) =>
        MemoryMappedFile.CreateFromFile(path + SteppedSuffix, FileMode.Open, mapName: null, sizeof(long)).CreateViewAccessor(0, sizeof(long));

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

    private sealed record State(double Scale, long RealUnixMilliseconds, long SimulatedUnixMilliseconds, long HighWaterUnixMilliseconds, bool IsStepped = false);
}
