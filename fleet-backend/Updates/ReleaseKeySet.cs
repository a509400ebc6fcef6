using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Updates;

/// <summary>Keys of which two have to sign, and whether they did; pure.</summary>
public sealed class ReleaseKeySet
{
    private readonly Dictionary<string, byte[]> _byId;

    /// <summary>A set of compressed keys.</summary>
    public ReleaseKeySet(IEnumerable<byte[]> keys) => _byId = keys.DistinctBy(Convert.ToHexStringLower, StringComparer.Ordinal).ToDictionary(IdOf, StringComparer.Ordinal);

    /// <summary>How many keys there are.</summary>
    public int Count => _byId.Count;

    /// <summary>Whether a text is a compressed key as lower-case hex.</summary>
    public static bool IsKey(string text) =>
        text is { Length: 2 * CompressedPoint.Size } && text.All(char.IsAsciiHexDigitLower) && CompressedPoint.Decompress(Convert.FromHexString(text)) is not null;

    /// <summary>The id of a key, as hex.</summary>
    public static string IdOf(byte[] key) => Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, CountersignedMessage.KeyIdSize));

    /// <summary>The ids of who signed a message, in its order.</summary>
    public static IReadOnlyList<string> SignersOf(CountersignedMessage message) => [.. Enumerable.Range(0, message.Signatures).Select(i => Convert.ToHexStringLower(message.CopyKeyId(i)))];

    /// <summary>What is wrong with a message's signatures, with its name, or null where all of them are right and there are two or more.</summary>
    public Refused? Problem(CountersignedMessage message, string context)
    {
        if (message.Signatures < CountersignedMessage.SignaturesMin)
        {
            return new Refused("oneSignature", $"It is signed by one key; two different release keys have to sign.");
        }

        byte[] signed = message.ToBeSigned(context);
        for (int i = 0; i < message.Signatures; i++)
        {
            string id = Convert.ToHexStringLower(message.CopyKeyId(i));
            if (!_byId.TryGetValue(id, out byte[]? publicKey))
            {
                return new Refused("unknownKey", $"It is signed by the key {id}, which is none of the {Count} that count here.");
            }

            using var key = ECDsa.Create(CompressedPoint.Decompress(publicKey)!.Value);
            if (!key.VerifyData(signed, message.CopySignature(i), HashAlgorithmName.SHA256))
            {
                return new Refused("wrongSignature", $"The signature of key {id} is wrong: it was made over other bytes, or by another key.");
            }
        }

        return null;
    }
}
