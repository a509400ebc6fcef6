using DePin.Contracts.Cbor;
using DePin.Contracts.Updates;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Updates;

/// <summary>What is known when a release shall be published.</summary>
/// <param name="Keys">Whose signatures count.</param>
/// <param name="ArtifactBytes">Bytes of the bundle that the manifest names, null where it is not there.</param>
/// <param name="Releases">Everything published before.</param>
/// <param name="IsBundleRecalled">Whether the bundle was recalled before.</param>
/// <param name="UnrecordedFirmware">What nodes run and nobody recorded, with the number of nodes; only asked for the first release.</param>
/// <param name="NowUnixSeconds">The time.</param>
public sealed record ReleaseFacts(
    ReleaseKeySet Keys, long? ArtifactBytes, IReadOnlyList<ReleaseRow> Releases, bool IsBundleRecalled, IReadOnlyList<(string Digest, long Nodes)> UnrecordedFirmware, long NowUnixSeconds);

/// <summary>Decides whether a signed release may be published; pure. Every refusal has a name.</summary>
public static class ReleaseCheck
{
    /// <summary>Reads a signed release; the refusal where it is not in the form.</summary>
    public static SignedRelease? Read(byte[] message, out Refused? refused)
    {
        // One signature is read too, to be refused by its name.
        SignedRelease? release = SignedRelease.Decode(message, out DecodeError error, signaturesMin: 1);
        refused = release is not null ? null
            : error is DecodeError.TooLarge or DecodeError.OutOfRange ? new Refused("overLimit", $"It, or something in it, is over a limit of the format ({error}): a bundle has at most {UpdateLimits.BundleBytes} bytes, a manifest {UpdateLimits.ManifestBytes}, a signed release {UpdateLimits.SignedReleaseBytes}.")
            : new Refused("malformed", $"It is no signed release in the form of FORMATS.md ({error}).");
        return release;
    }

    /// <summary>What speaks against publishing it, or null.</summary>
    public static Refused? Problem(SignedRelease release, ReleaseFacts facts)
    {
        ReleaseManifest manifest = release.Manifest;
        return facts.Keys.Problem(release.Envelope, ReleaseManifest.Context)
            ?? (manifest.Profiles.FirstOrDefault(number => !Profile.ByNumber.ContainsKey((int)Math.Min(number, int.MaxValue)), -1) is >= 0 and var unknown ? new Refused("profileUnknown", $"There is no hardware profile {unknown}.") : null)
            ?? (manifest.ExpiresUnixSeconds <= facts.NowUnixSeconds ? new Refused("expired", $"Its time for offers is over.") : null)
            ?? Against(manifest, facts)
            ?? (facts.ArtifactBytes is not { } bytes ? new Refused("artifactMissing", $"Its bundle {Convert.ToHexStringLower(manifest.BundleSha256)} was not uploaded; upload it to /api/artifacts first.")
                : bytes != manifest.BundleBytes ? new Refused("artifactDiffers", $"Its bundle has {bytes} bytes, and the manifest says {manifest.BundleBytes}.")
                : null)
            ?? (facts.IsBundleRecalled ? new Refused("recalled", $"Its bundle was recalled by two people.") : null)
            ?? (facts.UnrecordedFirmware.Count > 0 ? Unrecorded(facts.UnrecordedFirmware) : null);
    }

    private static Refused? Against(ReleaseManifest manifest, ReleaseFacts facts)
    {
        ReleaseRow[] line = [.. facts.Releases.Where(other => other.Profiles.Intersect(manifest.Profiles).Any())];
        long security = line.Length == 0 ? 0 : line.Max(other => other.Security);
        return facts.Releases.FirstOrDefault(other => other.Name == manifest.Release) is { } named ? new Refused("nameUsed", $"The release {named.Name} was published before, with other content.")
            : facts.Releases.FirstOrDefault(other => other.Assembly == manifest.Assembly) is { } same ? new Refused("assemblyUsed", $"The release {same.Name} has the assembly {same.Assembly} too; a board would go on with whichever it has. Build the bundle under another name.")
            : manifest.Security < security ? new Refused("securityLower", $"Its security number is {manifest.Security}; {security} was published before for these profiles, and no node goes below.")
            : manifest.IsReturn
                ? line.Any(other => other.Build == manifest.ReturnsFrom) ? null : new Refused("returnUnknown", $"It returns from build {manifest.ReturnsFrom}, which was never published for these profiles.")
                : line.FirstOrDefault(other => other.Build >= manifest.Build) is { } higher ? new Refused("buildNotHigher", $"Its build is {manifest.Build}; {higher.Name} has {higher.Build}. Raise it, or say which build it returns from.")
            : null;
    }

    private static Refused Unrecorded(IReadOnlyList<(string Digest, long Nodes)> running)
    {
        (long nodes, string digests) = (running.Sum(one => one.Nodes), string.Join(", ", running.Select(one => one.Digest)));
        return new Refused("runningFirmwareUnknown", $"This is the first firmware that is recorded: from then on readings of any other are held, and {nodes} nodes run {digests}. Record what you know with POST /api/firmware, or publish with recordRunning=true to record all of it.");
    }
}
