using System.Text.Json;
using DePin.Node.Metering;

namespace DePin.Host;

/// <summary>A hardware type with its ratings, read from the profiles that the backend reads too.</summary>
/// <param name="Name">Name in registrations.</param>
/// <param name="Number">Number in batches.</param>
/// <param name="Title">What people read.</param>
/// <param name="PanelMilliwatts">Rating of the panel at 1000 W/m2.</param>
/// <param name="OutputMilliwatts">Rating of all outputs together.</param>
/// <param name="LightMilliwatts">Of which light; 0 where there is none.</param>
/// <param name="BatteryMilliwattHours">Capacity of the battery.</param>
/// <param name="BatteryNominalMillivolts">Nominal voltage of the battery.</param>
/// <param name="GridInputMilliwatts">Rating of the grid input; 0 where there is none.</param>
/// <param name="ServesWifi">Whether it counts Wi-Fi sessions and traffic.</param>
/// <param name="CreditableMilliwattHoursPerDay">Bound of what may earn credit in a day.</param>
/// <param name="PanelNominalMillivolts">Voltage of the panel at its best.</param>
/// <param name="PanelMeter">INA219 of the panel.</param>
/// <param name="LoadMeter">INA219 of the output.</param>
/// <param name="GridMeter">INA219 of the grid input; null where there is none.</param>
public sealed record Profile(
    string Name,
    int Number,
    string Title,
    int PanelMilliwatts,
    int OutputMilliwatts,
    int LightMilliwatts,
    int BatteryMilliwattHours,
    int BatteryNominalMillivolts,
    int GridInputMilliwatts,
    bool ServesWifi,
    long CreditableMilliwattHoursPerDay,
    int PanelNominalMillivolts,
    MeterChannel PanelMeter,
    MeterChannel LoadMeter,
    MeterChannel? GridMeter)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly Lazy<IReadOnlyList<Profile>> Embedded = new(ReadAll);

    /// <summary>Every profile, by number.</summary>
    public static IReadOnlyList<Profile> All => Embedded.Value;

    /// <summary>The profile of this name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Profile Named(string name) => All.FirstOrDefault(profile => profile.Name == name)
        ?? throw new ArgumentException($"There is no profile '{name}'; there are {string.Join(", ", All.Select(profile => profile.Name))}.", nameof(name));

    private static List<Profile> ReadAll()
    {
        var assembly = typeof(Profile).Assembly;
        var profiles = new List<Profile>();
        foreach (string resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith("profiles/", StringComparison.Ordinal)))
        {
            using Stream stream = assembly.GetManifestResourceStream(resource)!;
            Profile? profile = JsonSerializer.Deserialize<Profile>(stream, Json);
            if (profile is not { Name.Length: > 0, Number: > 0, PanelMilliwatts: > 0, OutputMilliwatts: > 0, BatteryMilliwattHours: > 0, BatteryNominalMillivolts: > 0, PanelNominalMillivolts: > 0, PanelMeter.ShuntMicroohms: > 0, LoadMeter.ShuntMicroohms: > 0 })
            {
                throw new InvalidDataException($"The embedded {resource} is no profile: name, number, panel, output, battery and their meters must be there.");
            }

            profiles.Add(profile);
        }

        return [.. profiles.OrderBy(profile => profile.Number)];
    }
}
