using System.Security.Cryptography;
using DePin.Contracts.Moving;
using DePin.Contracts.Signing;
using DePin.Fleet.Nodes;
using DePin.Host.Platform;

namespace DePin.Tests.Support;

/// <summary>Holders of release keys: three whose keys nodes have, and two strangers.</summary>
internal sealed class Signers : IDisposable
{
    private readonly ECDsa[] _keys = [.. Enumerable.Range(0, 5).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];

    /// <summary>The public keys of the three, compressed.</summary>
    public byte[][] PublicKeys => [.. _keys.Take(3).Select(PublicKey)];

    /// <summary>A change signed by some of them.</summary>
    public byte[] Sign(SettingsChange change, params int[] signers) => Sign(change, SettingsChange.Context, signers);

    /// <summary>The same under a context of the caller's.</summary>
    public byte[] Sign(SettingsChange change, string context, params int[] signers)
    {
        byte[] payload = change.Encode();
        byte[] signed = CountersignedMessage.ToBeSigned(context, payload, 0, payload.Length);
        return CountersignedMessage.Encode(
            payload,
            [.. signers.Select(signer => CountersignedMessage.KeyId(new PlatformDigest(), PublicKey(_keys[signer])))],
            [.. signers.Select(signer =>
            {
                byte[] signature = _keys[signer].SignData(signed, HashAlgorithmName.SHA256);
                SignatureForm.MakeLow(signature);
                return signature;
            })]);
    }

    public void Dispose()
    {
        foreach (ECDsa key in _keys)
        {
            key.Dispose();
        }
    }

    private static byte[] PublicKey(ECDsa key) => CompressedPoint.Compress(key.ExportParameters(includePrivateParameters: false).Q);
}
