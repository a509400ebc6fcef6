namespace DePin.Fleet.Nodes;

/// <summary>What a node tells of itself when it is registered, as text.</summary>
internal static class NodeKeys
{
    /// <summary>The first thing wrong with key, password or down key, as a sentence, or null.</summary>
    public static string? Problem(string publicKey, string loginPassword, string downKey) =>
        !(IsHex(publicKey, 2 * CompressedPoint.Size) && CompressedPoint.Decompress(Convert.FromHexString(publicKey)) is not null) ? "publicKey must be 66 lower-case hex digits, a compressed point of P-256."
        : !IsHex(loginPassword, 64) ? "loginPassword must be 64 lower-case hex digits."
        : !IsHex(downKey, 64) ? "downKey must be 64 lower-case hex digits."
        : null;

    private static bool IsHex(string text, int digits) => text.Length == digits && text.All(char.IsAsciiHexDigitLower);
}
