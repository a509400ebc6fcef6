namespace DePin.Tools.Label;

/// <summary>
/// What the node's light says, as it stands on the back of the label. A label outlives many releases of the firmware: a code may be added,
/// never given another meaning. The counted ones are those of the firmware's LightCode; a test holds them together.
/// </summary>
internal static class LightCodes
{
    /// <summary>The number of blinks before a pause, and what they mean.</summary>
    public static IReadOnlyList<(int Blinks, string Meaning)> Counted { get; } =
    [
        (1, "online, all is well"),
        (2, "no Wi-Fi"),
        (3, "no login at gateway"),
        (4, "sensor fault"),
        (5, "needs a technician"),
        (6, "claim rejected"),
        (7, "credit is held"),
    ];

    /// <summary>Every code: the sign in at most 8 characters, what it means in at most 20. A roll of 50 mm has room for no more in letters that can be read.</summary>
    public static IReadOnlyList<(string Sign, string Meaning)> All { get; } =
    [
        .. Counted.Select(code => (code.Blinks == 1 ? "1 blink" : $"{code.Blinks} blinks", code.Meaning)),
        ("flickers", "challenge: see page"),
        ("10 s on", "paired"),
        ("slow", "its own Wi-Fi: open"),
    ];

    /// <summary>What the button does.</summary>
    public const string Button = "Press: radio. Hold 10 s: Wi-Fi";
}
