using System.Security.Cryptography;
using DePin.Contracts.Identity;
using DePin.Contracts.Signing;
using DePin.Host.Platform;

namespace DePin.Tools.Vectors;

/// <summary>The published key of the golden vectors. Anybody knows it: never register it outside a test.</summary>
internal sealed class TestKey : IDisposable
{
    private readonly ECDsa _key;

    /// <summary>The key that a word stands for.</summary>
    /// <param name="seed">A word; key and secret are SHA-256 of it with a prefix.</param>
    public TestKey(string seed)
    {
        PrivateKey = SHA256.HashData(Ascii.Bytes("key " + seed));
        Secret = SHA256.HashData(Ascii.Bytes("secret " + seed));
        _key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = PrivateKey });
        ECPoint point = _key.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = [(byte)(2 + (point.Y![31] & 1)), .. point.X!];
        Node = NodeId.FromKeyHash(SHA256.HashData(PublicKey));
    }

    public byte[] PrivateKey { get; }

    public byte[] Secret { get; }

    /// <summary>Compressed, 33 bytes.</summary>
    public byte[] PublicKey { get; }

    public NodeId Node { get; }

    /// <summary>The key's name in the headers of a message that several keys sign.</summary>
    public byte[] KeyId => CountersignedMessage.KeyId(new PlatformDigest(), PublicKey);

    public string LoginPassword => NodeSecret.LoginPassword(new PlatformDigest(), Secret);

    public byte[] DownKey => NodeSecret.DownKey(new PlatformDigest(), Secret);

    public byte[] Sign(byte[] toBeSigned)
    {
        byte[] signature = _key.SignData(toBeSigned, HashAlgorithmName.SHA256);
        SignatureForm.MakeLow(signature);
        return signature;
    }

    public bool Verify(byte[] toBeSigned, byte[] signature) => _key.VerifyData(toBeSigned, signature, HashAlgorithmName.SHA256);

    public void Dispose() => _key.Dispose();
}
