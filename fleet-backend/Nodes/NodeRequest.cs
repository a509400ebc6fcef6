using System.Text.RegularExpressions;
using DePin.Fleet.Crediting;

namespace DePin.Fleet.Nodes;

/// <summary>One node to register, as it comes over the API.</summary>
/// <param name="PublicKey">Compressed P-256 key, 66 hex digits.</param>
/// <param name="LoginPassword">What the node will send as its MQTT password: 64 hex digits. Only its hash is kept.</param>
/// <param name="DownKey">Key for messages to the node, 64 hex digits.</param>
/// <param name="Profile">Name of a hardware profile.</param>
/// <param name="Operator">Who keeps it running; 1 to 64 of a-z, 0-9, dot and hyphen.</param>
/// <param name="CapitalBuilder">Who paid for it; 1 to 64 of a-z, 0-9, dot and hyphen.</param>
/// <param name="Place">Where it stands, for people; 1 to 64 printable characters.</param>
/// <param name="Latitude">Degrees north, -90 to 90.</param>
/// <param name="Longitude">Degrees east, -180 to 180.</param>
/// <param name="Agreement">Who shares its credit.</param>
/// <param name="PairedFromUnixSeconds">From when on readings count for these people; the time of registration where missing.</param>
public sealed record NodeRequest(
    string PublicKey,
    string LoginPassword,
    string DownKey,
    string Profile,
    string Operator,
    string CapitalBuilder,
    string Place,
    double Latitude,
    double Longitude,
    AgreementRequest Agreement,
    long? PairedFromUnixSeconds = null)
{
    // Unix seconds of the year 2200: anything later is milliseconds by mistake.
    private const long LatestUnixSeconds = 7_258_118_400;

    /// <summary>The first thing wrong with it, as a sentence, or null.</summary>
    public string? Problem() =>
        NodeKeys.Problem(PublicKey, LoginPassword, DownKey)
        ?? (Nodes.Profile.ByName.ContainsKey(Profile) ? null : $"profile must be one of {string.Join(", ", Nodes.Profile.ByName.Keys.Order(StringComparer.Ordinal))}.")
        ?? (Names.IsName(Operator) ? null : $"{Names.Problem("operator")}")
        ?? (Names.IsName(CapitalBuilder) ? null : $"{Names.Problem("capitalBuilder")}")
        ?? (Place.Length is > 0 and <= 64 && !Place.Any(char.IsControl) ? null : "place must have 1 to 64 printable characters.")
        ?? (Latitude is >= -90 and <= 90 ? null : "latitude must be between -90 and 90 degrees.")
        ?? (Longitude is >= -180 and <= 180 ? null : "longitude must be between -180 and 180 degrees.")
        ?? (PairedFromUnixSeconds is null or (>= 0 and <= LatestUnixSeconds) ? null : "pairedFromUnixSeconds must be Unix seconds before the year 2200.")
        ?? Agreement.ToAgreement().Problem()?.ToString();
}

/// <summary>Shares of a node's credit in basis points, which add up to 10,000; a manager's share needs the manager's name. dueHours: how soon a ticket is put right.</summary>
public sealed record AgreementRequest(int Operator, int CapitalBuilder, int Manager = 0, int Reserve = 0, string? ManagerName = null, int DueHours = Agreement.UsualDueHours)
{
    /// <summary>The same as crediting knows it.</summary>
    public Agreement ToAgreement() => new(Operator, CapitalBuilder, Manager, Reserve, ManagerName, DueHours);

    /// <summary>An agreement as the API shows it.</summary>
    public static AgreementRequest Of(Agreement agreement) =>
        new(agreement.OperatorBasisPoints, agreement.CapitalBuilderBasisPoints, agreement.ManagerBasisPoints, agreement.ReserveBasisPoints, agreement.Manager, agreement.DueHours);
}

/// <summary>What happened to a node of a request: registered now, or existed with the same content.</summary>
public sealed record NodeRegistered(string NodeId, RegistrationResult Result);

/// <summary>See <see cref="NodeRegistered"/>.</summary>
public enum RegistrationResult
{
    /// <summary>It is new.</summary>
    Registered,

    /// <summary>It was there with the same content; nothing was changed.</summary>
    Exists,
}

/// <summary>Names of accounts' owners.</summary>
public static partial class Names
{
    /// <summary>What is said of a field that holds none.</summary>
    public static Sentence Problem(string field) => Sentence.Of($"{field} must have 1 to 64 of a-z, 0-9, dot and hyphen.");

    /// <summary>Whether it is one.</summary>
    public static bool IsName(string text) => Pattern().IsMatch(text);

    [GeneratedRegex(@"\A[a-z0-9.-]{1,64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}
