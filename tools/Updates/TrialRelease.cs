using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Fence;
using DePin.Host;
using DePin.Host.Bundles;
using DePin.Tools.Release;

namespace DePin.Tools.Updates;

/// <summary>A release of the node's own sources for virtual nodes, with a fault planted where one is asked for.</summary>
/// <param name="Manifest">What is signed.</param>
/// <param name="Bundle">The assembly.</param>
internal sealed record TrialRelease(ReleaseManifest Manifest, byte[] Bundle)
{
    // What virtual nodes are, and boards are not.
    private const string Product = "virtual-node";

    /// <summary>Compiles a build.</summary>
    public static TrialRelease Make(int build, BundleFault fault, long nowUnixSeconds, Action<ReleaseManifest>? change = null)
    {
        string assembly = $"DePin.Node.B{build}";
        byte[] bundle = HostBundle.Build(Repository.Root, assembly, typeof(IVirtualBoard).Assembly.Location, fault);
        var manifest = new ReleaseManifest
        {
            Release = $"trial.{build}",
            Build = build,
            Security = 1,
            Product = Product,
            Profiles = [.. Profile.All.Select(profile => (long)profile.Number).Order()],
            BundleBytes = bundle.Length,
            BundleSha256 = SHA256.HashData(bundle),
            Assembly = assembly,
            NotBeforeUnixSeconds = nowUnixSeconds - 60,
            ExpiresUnixSeconds = nowUnixSeconds + (365L * 86_400),
        };
        change?.Invoke(manifest);
        return new TrialRelease(manifest, bundle);
    }

    /// <summary>First 8 bytes of the bundle's SHA-256, as nodes report it.</summary>
    public string Firmware => Convert.ToHexStringLower(Manifest.BundleSha256.AsSpan(0, 8));

    /// <summary>The signed release.</summary>
    public byte[] SignedBy(params ReleaseKey[] keys)
    {
        byte[] payload = Manifest.Encode();
        return CountersignedMessage.Encode(payload, [.. keys.Select(key => key.KeyId)], [.. keys.Select(key => key.Sign(ReleaseManifest.Context, payload))]);
    }
}
