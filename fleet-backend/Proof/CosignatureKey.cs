using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace DePin.Fleet.Proof;

/// <summary>A witness's key: C2SP tlog-cosignature with Ed25519 (type 0x04), written as NAME+ID+KEY.</summary>
internal sealed class CosignatureKey
{
    private const byte Ed25519Cosignature = 4;
    private const int KeySize = 32, SignatureSize = 64, IdSize = 4, TimeSize = 8;
    private const string Dash = "\u2014 ";

    private readonly byte[] _id;
    private readonly byte[] _key;

    private CosignatureKey(string name, byte[] id, byte[] key) => (Name, _id, _key) = (name, id, key);

    /// <summary>The witness's name.</summary>
    public string Name { get; }

    /// <summary>Reads one; null where it is none, or its id is not its own.</summary>
    public static CosignatureKey? Read(string text)
    {
        string[] parts = text.Split('+', 3);
        Span<byte> key = stackalloc byte[1 + KeySize];
        if (parts.Length != 3 || parts[0].Length == 0 || parts[0].Any(char.IsWhiteSpace) || !Convert.TryFromBase64String(parts[2], key, out int bytes) || bytes != key.Length || key[0] != Ed25519Cosignature)
        {
            return null;
        }

        byte[] id = SHA256.HashData([.. Encoding.UTF8.GetBytes(parts[0]), (byte)'\n', .. key])[..IdSize];
        return Convert.ToHexStringLower(id) == parts[1] ? new CosignatureKey(parts[0], id, key[1..].ToArray()) : null;
    }

    /// <summary>The first of these lines, without its newline, by which this witness signed a checkpoint's text; null where none does.</summary>
    public string? SignatureIn(string lines, string checkpointText)
    {
        Span<byte> signature = stackalloc byte[IdSize + TimeSize + SignatureSize];
        foreach (string line in lines.Split('\n').Where(line => line.StartsWith(Dash + Name + " ", StringComparison.Ordinal)))
        {
            if (Convert.TryFromBase64String(line[(Dash.Length + Name.Length + 1)..], signature, out int bytes) && bytes == signature.Length && signature[..IdSize].SequenceEqual(_id)
                && IsSigned(signature[IdSize..], checkpointText))
            {
                return line;
            }
        }

        return null;
    }

    private bool IsSigned(ReadOnlySpan<byte> timed, string checkpointText)
    {
        ulong time = BinaryPrimitives.ReadUInt64BigEndian(timed);
        byte[] message = Encoding.UTF8.GetBytes($"cosignature/v1\ntime {time}\n{checkpointText}");
        var verifier = new Ed25519Signer();
        verifier.Init(forSigning: false, new Ed25519PublicKeyParameters(_key, 0));
        verifier.BlockUpdate(message, 0, message.Length);
        return time <= long.MaxValue && verifier.VerifySignature(timed[TimeSize..].ToArray());
    }
}
