using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Fleet.Nodes;

namespace DePin.Tests.Updates;

/// <summary>Keys that sign in the way of the contracts, with the platform's ECDSA.</summary>
internal sealed class ReleaseKeys : IDisposable
{
    private readonly ECDsa[] _keys;

    public ReleaseKeys(int count)
    {
        _keys = [.. Enumerable.Range(0, count).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];
        Public = [.. _keys.Select(key => CompressedPoint.Compress(key.ExportParameters(includePrivateParameters: false).Q))];
    }

    public byte[][] Public { get; }

    public string[] Hex => [.. Public.Select(Convert.ToHexStringLower)];

    /// <summary>A payload signed by some of the keys.</summary>
    public byte[] Sign(string context, byte[] payload, params int[] by)
    {
        byte[] signed = CountersignedMessage.ToBeSigned(context, payload, 0, payload.Length);
        byte[][] signatures = [.. by.Select(index =>
        {
            byte[] signature = _keys[index].SignData(signed, HashAlgorithmName.SHA256);
            SignatureForm.MakeLow(signature);
            return signature;
        })];
        return CountersignedMessage.Encode(payload, [.. by.Select(index => SHA256.HashData(Public[index])[..CountersignedMessage.KeyIdSize])], signatures);
    }

    /// <summary>A release of a bundle for lamps, changed before it is signed by the first two keys.</summary>
    public byte[] Release(byte[] bundle, Action<ReleaseManifest>? change = null, params int[] by)
    {
        var manifest = new ReleaseManifest
        {
            Release = "2026.10",
            Build = 10,
            Security = 1,
            Product = "depin-node",
            Profiles = [1],
            BundleBytes = bundle.Length,
            BundleSha256 = SHA256.HashData(bundle),
            Assembly = "Node10",
            BatteryMinPermille = 300,
            NotBeforeUnixSeconds = 1,
            ExpiresUnixSeconds = 1_900_000_000,
        };
        change?.Invoke(manifest);
        return Sign(ReleaseManifest.Context, manifest.Encode(), by is [] ? [0, 1] : by);
    }

    public void Dispose() => Array.ForEach(_keys, key => key.Dispose());
}
