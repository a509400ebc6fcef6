using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace DePin.Tools.Proof;

/// <summary>A key that verifies signed notes: C2SP signed-note (Ed25519), or a witness's: C2SP tlog-cosignature (Ed25519, which signs the time too).</summary>
internal sealed class VerifierKey
{
    private const byte Ed25519 = 1, Cosignature = 4;
    private const int KeySize = 32, SignatureSize = 64, IdSize = 4, TimeSize = 8;
    private const string Dash = "\u2014 ";

    private readonly byte[] _id;
    private readonly byte[] _key;

    private VerifierKey(string name, byte[] id, byte type, byte[] key) => (Name, _id, IsWitness, _key) = (name, id, type == Cosignature, key);

    /// <summary>Name of the log or the witness.</summary>
    public string Name { get; }

    /// <summary>Whether it is a witness's.</summary>
    public bool IsWitness { get; }

    /// <summary>Reads NAME+ID+KEY; null where it is none, or its id is not its own.</summary>
    public static VerifierKey? Read(string text)
    {
        string[] parts = text.Trim().Split('+', 3);
        Span<byte> key = stackalloc byte[1 + KeySize];
        if (parts.Length != 3 || parts[0].Length == 0 || parts[1].Length != 2 * IdSize || !parts[1].All(char.IsAsciiHexDigitLower)
            || !Convert.TryFromBase64String(parts[2], key, out int bytes) || bytes != key.Length || key[0] is not (Ed25519 or Cosignature))
        {
            return null;
        }

        byte[] id = SHA256.HashData([.. Encoding.UTF8.GetBytes(parts[0]), (byte)'\n', .. key])[..IdSize];
        return Convert.ToHexStringLower(id) == parts[1] ? new VerifierKey(parts[0], id, key[0], key[1..].ToArray()) : null;
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
        int timed = IsWitness ? TimeSize : 0;
        Span<byte> signature = stackalloc byte[IdSize + timed + SignatureSize];
        foreach (string line in note[(end + 2)..].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // Signatures of others are not ours to judge.
            bool isOurs = line.StartsWith(Dash + Name + " ", StringComparison.Ordinal)
                && Convert.TryFromBase64String(line[(Dash.Length + Name.Length + 1)..], signature, out int bytes) && bytes == signature.Length
                && line.EndsWith(Convert.ToBase64String(signature), StringComparison.Ordinal)
                && signature[..IdSize].SequenceEqual(_id);
            if (isOurs)
            {
                byte[] head = IsWitness ? Encoding.ASCII.GetBytes($"cosignature/v1\ntime {BinaryPrimitives.ReadUInt64BigEndian(signature[IdSize..])}\n") : [];
                var signer = new Ed25519Signer();
                signer.Init(forSigning: false, new Ed25519PublicKeyParameters(_key, 0));
                signer.BlockUpdate(head, 0, head.Length);
                signer.BlockUpdate(message, 0, message.Length);
                return signer.VerifySignature(signature[(IdSize + timed)..].ToArray()) ? text : null;
            }
        }

        return null;
    }
}
