using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace DePin.Tools.Proof;

/// <summary>A key that verifies signed notes: C2SP signed-note, Ed25519 only.</summary>
internal sealed class VerifierKey
{
    private const byte Ed25519 = 1;
    private const int KeySize = 32, SignatureSize = 64, IdSize = 4;
    private const string Dash = "\u2014 ";

    private readonly byte[] _id;
    private readonly byte[] _key;

    private VerifierKey(string name, byte[] id, byte[] key) => (Name, _id, _key) = (name, id, key);

    /// <summary>Name of the log.</summary>
    public string Name { get; }

    /// <summary>Reads NAME+ID+KEY; null where it is none, or its id is not its own.</summary>
    public static VerifierKey? Read(string text)
    {
        string[] parts = text.Trim().Split('+', 3);
        Span<byte> key = stackalloc byte[1 + KeySize];
        if (parts.Length != 3 || parts[0].Length == 0 || parts[1].Length != 2 * IdSize || !parts[1].All(char.IsAsciiHexDigitLower)
            || !Convert.TryFromBase64String(parts[2], key, out int bytes) || bytes != key.Length || key[0] != Ed25519)
        {
            return null;
        }

        byte[] id = SHA256.HashData([.. Encoding.UTF8.GetBytes(parts[0]), (byte)'\n', .. key])[..IdSize];
        return Convert.ToHexStringLower(id) == parts[1] ? new VerifierKey(parts[0], id, key[1..].ToArray()) : null;
    }

    /// <summary>The signed text of a note, its newline at the end included; null where this key did not sign it.</summary>
    public string? Open(string note)
    {
        int end = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || !note.EndsWith('\n'))
        {
            return null;
        }

        string text = note[..(end + 1)];
        byte[] message = Encoding.UTF8.GetBytes(text);
        Span<byte> signature = stackalloc byte[IdSize + SignatureSize];
        foreach (string line in note[(end + 2)..].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // Signatures of others are not ours to judge.
            bool isOurs = line.StartsWith(Dash + Name + " ", StringComparison.Ordinal)
                && Convert.TryFromBase64String(line[(Dash.Length + Name.Length + 1)..], signature, out int bytes) && bytes == signature.Length
                && line.EndsWith(Convert.ToBase64String(signature), StringComparison.Ordinal)
                && signature[..IdSize].SequenceEqual(_id);
            if (isOurs)
            {
                var signer = new Ed25519Signer();
                signer.Init(forSigning: false, new Ed25519PublicKeyParameters(_key, 0));
                signer.BlockUpdate(message, 0, message.Length);
                return signer.VerifySignature(signature[IdSize..].ToArray()) ? text : null;
            }
        }

        return null;
    }
}
