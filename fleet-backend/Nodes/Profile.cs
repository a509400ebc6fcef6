using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DePin.Fleet.Nodes;

/// <summary>
/// The ratings of a hardware type, from hardware/profiles; nothing a node says may exceed them. What concerns only the board stays
/// as it is: the backend knows that it is there, so that nothing in a profile goes unread by mistake.
/// </summary>
public sealed record Profile(
    string Name,
    int Number,
    string Title,
    long PanelMilliwatts,
    long OutputMilliwatts,
    long LightMilliwatts,
    long BatteryMilliwattHours,
    long BatteryNominalMillivolts,
    long GridInputMilliwatts,
    bool ServesWifi,
    long CreditableMilliwattHoursPerDay,
    long PanelNominalMillivolts,
    MeterPlace PanelMeter,
    MeterPlace LoadMeter,
    MeterPlace? GridMeter,
    long PriceCeilingUsdCents,
    JsonElement Board)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Every profile of this release, by number.</summary>
    public static IReadOnlyDictionary<int, Profile> ByNumber { get; } = Load().ToDictionary(profile => profile.Number);

    /// <summary>Every profile of this release, by name.</summary>
    public static IReadOnlyDictionary<string, Profile> ByName { get; } =
        ByNumber.Values.ToDictionary(profile => profile.Name, StringComparer.Ordinal);

    private static IEnumerable<Profile> Load()
    {
        Assembly assembly = typeof(Profile).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith("profiles/", StringComparison.Ordinal)))
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            yield return Read(stream);
        }
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="JsonException">It is no whole profile, or has something that nobody reads.</exception>
    internal static Profile Read(Stream stream) => JsonSerializer.Deserialize<Profile>(stream, Options) ?? throw new JsonException("it is empty");
}

/// <summary>A power meter of a hardware type; the backend only checks that the profile is whole.</summary>
/// <param name="Address">I2C address.</param>
/// <param name="ShuntMicroohms">Resistance of the shunt.</param>
/// <param name="GainPartsPerMillion">Correction.</param>
public sealed record MeterPlace(int Address, int ShuntMicroohms, int GainPartsPerMillion);
