using DePin.Fleet.Nodes;

namespace DePin.Fleet.Boards;

/// <summary>A board as a bench registers it.</summary>
/// <param name="PublicKey">Compressed P-256 key that the node made, 66 hex digits.</param>
/// <param name="LoginPassword">What the node will send as its MQTT password: 64 hex digits. Only its hash is kept.</param>
/// <param name="DownKey">Key for messages to the node, 64 hex digits.</param>
/// <param name="Profile">Name of the hardware profile.</param>
/// <param name="ProductionRun">Name of the recorded purchase that the board belongs to.</param>
/// <param name="BoardSerial">The chip's own number, 1 to 64 of letters, digits, colon, dot, hyphen.</param>
/// <param name="Firmware">First 8 bytes of the SHA-256 of the running bundle, 16 hex digits.</param>
/// <param name="SelfTest">What the bench measured.</param>
/// <param name="Parts">Serials of parts, where they have some.</param>
/// <param name="Replaces">The node whose key this one succeeds on the same board, for a repair.</param>
public sealed record RegistrationRequest(
    string PublicKey, string LoginPassword, string DownKey, string Profile, string ProductionRun, string BoardSerial, string Firmware, SelfTest SelfTest,
    IReadOnlyDictionary<string, string>? Parts = null, string? Replaces = null)
{
    private const int MostParts = 16, MostLetters = 64, MostSensors = 8;

    /// <summary>The first thing wrong with it, as a sentence, or null.</summary>
    public string? Problem() =>
        NodeKeys.Problem(PublicKey, LoginPassword, DownKey)
        ?? (Nodes.Profile.ByName.ContainsKey(Profile) ? null : $"profile must be one of {string.Join(", ", Nodes.Profile.ByName.Keys.Order(StringComparer.Ordinal))}.")
        ?? (IsSerial(BoardSerial) ? null : $"boardSerial must have 1 to {MostLetters} letters, digits, colons, dots and hyphens.")
        ?? (FirmwareRoutes.IsDigest(Firmware) ? null : "firmware must be 16 lower-case hex digits.")
        ?? (Parts is null || (Parts.Count <= MostParts && Parts.All(part => part.Key.Length is > 0 and <= MostLetters && IsSerial(part.Value))) ? null : $"parts are at most {MostParts} names and serials.")
        ?? (SelfTest.Sensors.Count <= MostSensors && SelfTest.Sensors.All(name => name.Length is > 0 and <= MostLetters) && SelfTest.BatteryMillivolts is >= 0 and <= 100_000
            && SelfTest.IdleMicroamps is >= -100_000_000 and <= 100_000_000 && SelfTest.CalibrationPermille is null or (>= 0 and <= 10_000) ? null : "selfTest holds figures that no board gives.");

    private static bool IsSerial(string text) => text.Length is > 0 and <= MostLetters && text.All(c => char.IsAsciiLetterOrDigit(c) || c is ':' or '.' or '-');
}

/// <summary>What the bench measured.</summary>
/// <param name="Sensors">Meters that answered.</param>
/// <param name="IdleMicroamps">Current into the output while it is off.</param>
/// <param name="BatteryMillivolts">Voltage of the battery.</param>
/// <param name="CalibrationPermille">Correction of the output's meter, 1000 for none; null where there was no known load.</param>
public sealed record SelfTest(IReadOnlyList<string> Sensors, int IdleMicroamps, int BatteryMillivolts, int? CalibrationPermille = null);

/// <summary>A board that was registered.</summary>
/// <param name="NodeId">The node it is now.</param>
/// <param name="Result">registered, or exists where it was with the same content.</param>
/// <param name="Claim">16 characters for the label and nothing else; each answer makes another and voids the one before.</param>
/// <param name="Run">How its production run stands.</param>
public sealed record RegistrationView(string NodeId, RegistrationResult Result, string Claim, RunView Run);

/// <summary>How a production run stands.</summary>
public sealed record RunView(string Name, string Profile, long Bought, long Registered, long UnitPriceUsdCents, string Payer, string Invoice, string By, long MadeUnixMilliseconds)
{
    internal static RunView Of(RunRow row) =>
        new(row.Name, Nodes.Profile.ByNumber[(int)row.Profile].Name, row.Bought, row.Registered, row.UnitPriceUsdCents, row.Payer, row.Invoice, row.By, row.MadeUnixMilliseconds);
}

/// <summary>A purchase to record.</summary>
/// <param name="Name">What benches name it by: 1 to 64 of a-z, 0-9, dot and hyphen.</param>
/// <param name="Profile">Name of the hardware profile.</param>
/// <param name="Bought">Boards that were paid for, 1 to 100000.</param>
/// <param name="UnitPriceUsdCents">What one cost.</param>
/// <param name="Payer">Account name of who paid.</param>
/// <param name="Invoice">What the purchase stands on; 1 to 100 printable characters.</param>
public sealed record RunRequest(string Name, string Profile, int Bought, long UnitPriceUsdCents, string Payer, string Invoice)
{
    /// <summary>The first thing wrong with it, as a sentence, or null.</summary>
    public string? Problem() =>
        !Names.IsName(Name) ? $"{Names.Problem("name")}"
        : !Nodes.Profile.ByName.ContainsKey(Profile) ? $"profile must be one of {string.Join(", ", Nodes.Profile.ByName.Keys.Order(StringComparer.Ordinal))}."
        : Bought is < 1 or > 100_000 ? "bought must be from 1 to 100000."
        : UnitPriceUsdCents is < 0 or > 100_000_000 ? "unitPriceUsdCents must be from 0 to 100000000."
        : !Names.IsName(Payer) ? $"{Names.Problem("payer")}"
        : Invoice.Length is 0 or > 100 || Invoice.Any(char.IsControl) ? "invoice must have 1 to 100 printable characters."
        : null;
}
