using System.Text.Json;
using DePin.Host.Simulation;

namespace DePin.Tools.Demo;

/// <summary>
/// Where and when a demonstration plays; made at the first start and kept in its data folder, since a registered node keeps its
/// place and the chain its times.
/// </summary>
internal sealed record DemonstrationPlan(int Nodes, double Latitude, double Longitude, string Place, long StartUnixSeconds)
{
    private const double KisumuLatitude = -0.0917;
    private const double KisumuLongitude = 34.7680;
    private const int DefaultNodes = 12;
    private const int SecondsPerDay = 86_400;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The plan kept in the folder, or a new one, not yet written.</summary>
    /// <exception cref="CommandException">The options contradict the kept plan.</exception>
    public static DemonstrationPlan Of(DemonstrationOptions options, DateTimeOffset today) =>
        Read(options.DataFolder) is { } kept ? Continue(kept, options) : Begin(options, today);

    /// <summary>Keeps the plan.</summary>
    public void Write(string dataFolder)
    {
        string path = FileIn(dataFolder);
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(this, Json));
        File.Move(path + ".new", path, overwrite: true);
    }

    private static DemonstrationPlan? Read(string dataFolder)
    {
        string path = FileIn(dataFolder);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<DemonstrationPlan>(File.ReadAllText(path), Json)
                ?? throw new JsonException("it is empty");
        }
        catch (JsonException problem)
        {
            throw CommandException.WrongInput($"{path} is no plan of a demonstration ({problem.Message}): remove {dataFolder} to begin anew, or choose another folder with --data.");
        }
    }

    private static DemonstrationPlan Continue(DemonstrationPlan kept, DemonstrationOptions options)
    {
        bool isMoved = (options.Latitude is { } latitude && latitude != kept.Latitude) || (options.Longitude is { } longitude && longitude != kept.Longitude);
        if (isMoved)
        {
            throw CommandException.WrongInput($"The fleet in {options.DataFolder} stands at {kept.Latitude}, {kept.Longitude} and cannot move: leave the place out, or choose another folder with --data.");
        }

        if (options.Start is not null)
        {
            throw CommandException.WrongInput($"The demonstration in {options.DataFolder} goes on where it stood: leave --start out, or choose another folder with --data.");
        }

        return kept with { Nodes = options.Nodes ?? kept.Nodes };
    }

    private static DemonstrationPlan Begin(DemonstrationOptions options, DateTimeOffset today)
    {
        double latitude = options.Latitude ?? KisumuLatitude;
        double longitude = options.Longitude ?? KisumuLongitude;
        string place = options.Latitude is null && options.Longitude is null ? "Kisumu" : "Site";
        return new DemonstrationPlan(options.Nodes ?? DefaultNodes, latitude, longitude, place, StartOf(options, latitude, longitude, today));
    }

    // A measured sky is worth seeing around noon, a clear one as the lamps are lit.
    private static long StartOf(DemonstrationOptions options, double latitude, double longitude, DateTimeOffset today)
    {
        const int BeforeNoonSeconds = 3600;
        const int EveningSeconds = 17 * 3600;
        const double DegreesPerDay = 360;
        if (options.Start is { } start)
        {
            return start.ToUnixTimeSeconds();
        }

        if (options.IrradianceFile is { } file)
        {
            return ClearSky.HighestSun(latitude, longitude, IrradianceFile.Read(file).FirstUnixSeconds) - BeforeNoonSeconds;
        }

        long midnight = today.ToUnixTimeSeconds() / SecondsPerDay * SecondsPerDay;
        return midnight + EveningSeconds - (long)(longitude / DegreesPerDay * SecondsPerDay);
    }

    private static string FileIn(string dataFolder) => Path.Combine(dataFolder, "demonstration.json");
}
