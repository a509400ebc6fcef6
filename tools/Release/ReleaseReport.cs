using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Host;

namespace DePin.Tools.Release;

/// <summary>A signature as it was found.</summary>
/// <param name="KeyId">The key that it says it is by.</param>
/// <param name="IsTrusted">Whether that is one of the keys that were named.</param>
/// <param name="IsRight">Whether it is right; null where the key is not known.</param>
internal sealed record FoundSignature(string KeyId, bool IsTrusted, bool? IsRight);

/// <summary>What a release is, whether it is right, and which nodes would take it.</summary>
internal sealed class ReleaseReport
{
    /// <summary>The release is right, and the node that was described would take it.</summary>
    public const int Right = 0;

    /// <summary>It is not right: nobody would take it.</summary>
    public const int Wrong = 1;

    /// <summary>It is right, and the node that was described would refuse it.</summary>
    public const int NotForThatNode = 3;

    private ReleaseReport(SigningFile file, BundleFile? bundle, string? bundleProblem, IReadOnlyList<FoundSignature> signatures, IReadOnlyList<Judgement> judgements, bool hasKeys, bool isNodeKnown)
    {
        File = file;
        Bundle = bundle;
        Signatures = signatures;
        Judgements = judgements;
        Problems = [.. FindProblems(file, bundle, bundleProblem, signatures, hasKeys)];
        ExitCode = Problems.Count > 0 ? Wrong : isNodeKnown && judgements.Any(judgement => judgement.Reason != UpdateReason.None) ? NotForThatNode : Right;
    }

    public SigningFile File { get; }

    public BundleFile? Bundle { get; }

    public IReadOnlyList<FoundSignature> Signatures { get; }

    public IReadOnlyList<Judgement> Judgements { get; }

    /// <summary>What is wrong, as sentences; none where it is right.</summary>
    public IReadOnlyList<string> Problems { get; }

    public int ExitCode { get; }

    /// <summary>Looks at a release.</summary>
    /// <param name="file">The signed file.</param>
    /// <param name="bundleBytes">The bundle, null where it was not given.</param>
    /// <param name="keys">Keys that are trusted, none where nobody said.</param>
    /// <param name="node">The node that is asked about.</param>
    public static ReleaseReport Of(SigningFile file, byte[]? bundleBytes, IReadOnlyList<byte[]> keys, NodeFacts node)
    {
        string problem = "";
        BundleFile? bundle = bundleBytes is null ? null : BundleFile.Of(bundleBytes, out problem);
        FoundSignature[] signatures = [.. Enumerable.Range(0, file.Message.Signatures).Select(i => Find(file, i, keys))];
        int? right = keys.Count == 0 ? null : signatures.Count(signature => signature.IsRight == true);
        IReadOnlyList<Judgement> judgements = file.Manifest is null ? [] : Acceptance.Of(file.Manifest, node, right);
        return new ReleaseReport(file, bundle, bundleBytes is null || bundle is not null ? null : problem, signatures, judgements, keys.Count > 0, node.IsAnything);
    }

    /// <summary>For programs.</summary>
    public object ToJson() => new
    {
        kind = File.Manifest is not null ? "release" : "rotation",
        isRight = Problems.Count == 0,
        exitCode = ExitCode,
        problems = Problems,
        release = File.Manifest is not { } manifest ? null : new
        {
            name = manifest.Release,
            manifest.Build,
            manifest.Security,
            manifest.Product,
            manifest.Profiles,
            manifest.LoaderMin,
            manifest.BundleBytes,
            bundleSha256 = Convert.ToHexStringLower(manifest.BundleSha256),
            firmware = Convert.ToHexStringLower(manifest.BundleSha256.AsSpan(0, 8)),
            manifest.Assembly,
            manifest.BatteryMinPermille,
            manifest.NotBeforeUnixSeconds,
            manifest.ExpiresUnixSeconds,
            manifest.ReturnsFrom,
            hash = Hash(),
        },
        rotation = File.Rotation is not { } rotation ? null : new { rotation.Version, keys = rotation.Keys.Select(Convert.ToHexStringLower) },
        signatures = Signatures,
        bundle = Bundle is null ? null : new { Bundle.Kind, Bundle.Assembly, version = Bundle.Version.ToString(), bytes = Bundle.Bytes.Length, sha256 = Convert.ToHexStringLower(Bundle.Sha256) },
        nodes = Judgements.Select(judgement => new { condition = judgement.Condition, reason = judgement.Reason == UpdateReason.None ? null : judgement.Reason.ToString() }),
    };

    /// <summary>For people, line by line.</summary>
    public IEnumerable<string> Lines()
    {
        if (File.Manifest is { } manifest)
        {
            yield return $"release     {manifest.Release}, build {manifest.Build}, security {manifest.Security}, hash {Hash()[..16]}";
            yield return $"for         product {manifest.Product}, profiles {string.Join(", ", manifest.Profiles.Select(ProfileName))}, loader {manifest.LoaderMin} or higher, battery from {manifest.BatteryMinPermille / 10.0} %";
            yield return $"offered     {Time(manifest.NotBeforeUnixSeconds)} to {Time(manifest.ExpiresUnixSeconds)}{(manifest.IsReturn ? $"; a return from build {manifest.ReturnsFrom}" : "")}";
            yield return $"bundle      {manifest.BundleBytes} bytes in {manifest.Blocks} blocks, assembly {manifest.Assembly}, SHA-256 {Convert.ToHexStringLower(manifest.BundleSha256)}";
        }
        else
        {
            yield return $"rotation    version {File.Rotation!.Version}: from then on these keys sign releases";
            foreach (byte[] key in File.Rotation.Keys)
            {
                yield return $"            {Convert.ToHexStringLower(key)} (id {Convert.ToHexStringLower(ReleaseKey.IdOf(key))})";
            }
        }

        foreach (FoundSignature signature in Signatures)
        {
            yield return $"signature   by key {signature.KeyId}: {(signature.IsRight is { } isRight ? isRight ? "right" : "WRONG" : "not checked, no such key was named")}";
        }

        if (Bundle is not null)
        {
            yield return $"file        {Bundle.Kind}, {Bundle.Assembly} {Bundle.Version}, {Bundle.Bytes.Length} bytes, SHA-256 {Convert.ToHexStringLower(Bundle.Sha256)}";
        }

        foreach (Judgement judgement in Judgements)
        {
            yield return $"a node      {(judgement.Reason == UpdateReason.None ? "takes it if it" : $"REFUSES it ({judgement.Reason}) unless it")} {judgement.Condition}";
        }

        foreach (string problem in Problems)
        {
            yield return $"wrong       {problem}";
        }
    }

    private string Hash() => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.Message.CopyPayload()));

    private static FoundSignature Find(SigningFile file, int signature, IReadOnlyList<byte[]> keys)
    {
        byte[]? key = keys.FirstOrDefault(key => file.Message.IsBy(signature, ReleaseKey.IdOf(key)));
        return new FoundSignature(Convert.ToHexStringLower(file.Message.CopyKeyId(signature)), key is not null, key is null ? null : PublicKeys.Verifies(key, file.Message, signature, file.Context));
    }

    private static IEnumerable<string> FindProblems(SigningFile file, BundleFile? bundle, string? bundleProblem, IReadOnlyList<FoundSignature> signatures, bool hasKeys)
    {
        if (!file.HasEnough)
        {
            yield return $"It has {signatures.Count} of at least {CountersignedMessage.SignaturesMin} signatures; {(signatures.Count == 0 ? "two people have" : "another person has")} to sign it yet.";
        }

        foreach (FoundSignature signature in signatures.Where(signature => signature.IsRight == false))
        {
            yield return $"The signature by key {signature.KeyId} is wrong: it was made over other bytes, or by another key.";
        }

        int right = signatures.Count(signature => signature.IsRight == true);
        if (file.HasEnough && hasKeys && right < CountersignedMessage.SignaturesMin)
        {
            yield return $"{(right == 0 ? "None of its signatures is" : "Only one of its signatures is")} right by the keys that were named; a node asks for {CountersignedMessage.SignaturesMin}.";
        }

        if (bundleProblem is not null)
        {
            yield return $"The bundle is damaged: {bundleProblem}.";
        }

        if (bundle is not null && file.Manifest is { } manifest)
        {
            if (!bundle.Sha256.AsSpan().SequenceEqual(manifest.BundleSha256))
            {
                yield return bundle.Bytes.Length == manifest.BundleBytes
                    ? "The bundle is not the one that was signed: its SHA-256 differs."
                    : $"The bundle is not the one that was signed: it has {bundle.Bytes.Length} bytes, and {manifest.BundleBytes} were signed.";
            }
            else if (bundle.Assembly != manifest.Assembly)
            {
                yield return $"The bundle's assembly is named {bundle.Assembly}, and {manifest.Assembly} was signed.";
            }
        }
    }

    private static string ProfileName(long number) => Profile.All.FirstOrDefault(profile => profile.Number == number) is { } profile ? $"{number} ({profile.Name})" : $"{number}";

    private static string Time(long unixSeconds) => unixSeconds <= 253_402_300_799 ? $"{DateTimeOffset.FromUnixTimeSeconds(unixSeconds):yyyy-MM-dd HH:mm}Z" : $"second {unixSeconds}";
}
