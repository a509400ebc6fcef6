using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace DePin.Fleet.Proof;

/// <summary>
/// Signs texts as notes: C2SP signed-note, with an Ed25519 key (type 0x01). A text ends with a newline; after an empty line follow
/// the signatures.
/// </summary>
internal sealed class NoteSigner
{
    /// <summary>Bytes of a private key.</summary>
    public const int SeedSize = 32;

    private const byte Ed25519 = 1;

    private readonly Ed25519PrivateKeyParameters _key;
    private readonly byte[] _keyId;

    /// <summary>A signer of this name.</summary>
    public NoteSigner(string name, byte[] seed)
    {
        Name = name;
        _key = new Ed25519PrivateKeyParameters(seed, 0);
        byte[] typed = [Ed25519, .. _key.GeneratePublicKey().GetEncoded()];
        _keyId = SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', .. typed])[..4];
        VerifierKey = $"{name}+{Convert.ToHexStringLower(_keyId)}+{Convert.ToBase64String(typed)}";
    }

    /// <summary>Its name: the log's origin.</summary>
    public string Name { get; }

    /// <summary>What anybody verifies its notes with.</summary>
    public string VerifierKey { get; }

    /// <summary>The text with its signature.</summary>
    public string Sign(string text)
    {
        byte[] message = Encoding.UTF8.GetBytes(text);
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, _key);
        signer.BlockUpdate(message, 0, message.Length);
        return $"{text}\n\u2014 {Name} {Convert.ToBase64String([.. _keyId, .. signer.GenerateSignature()])}\n";
    }
}
