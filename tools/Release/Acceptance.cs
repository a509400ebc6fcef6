using DePin.Contracts.Updates;

namespace DePin.Tools.Release;

/// <summary>What is known of a node that shall take a release; what is null nobody said.</summary>
internal sealed record NodeFacts(string? Product = null, long? Profile = null, long? Build = null, long? Security = null, long? Loader = null)
{
    /// <summary>Whether anything was said.</summary>
    public bool IsAnything => (Product, Profile, Build, Security, Loader) != (null, null, null, null, null);
}

/// <summary>One condition of a node, with what it would say.</summary>
/// <param name="Condition">What it asks for, in words.</param>
/// <param name="Reason">The reason it would give; None where it is content.</param>
internal sealed record Judgement(string Condition, UpdateReason Reason);

/// <summary>Which nodes take a release: the conditions of FORMATS.md, in the order in which a node asks them; pure.</summary>
internal static class Acceptance
{
    /// <summary>The conditions of a manifest, judged for a node as far as it is known.</summary>
    /// <param name="manifest">What is released.</param>
    /// <param name="facts">What is known of the node.</param>
    /// <param name="rightSignatures">How many signatures are right by keys it trusts; null where its keys are not known.</param>
    public static IReadOnlyList<Judgement> Of(ReleaseManifest manifest, NodeFacts facts, int? rightSignatures)
    {
        UpdateReason Unless(bool? isFulfilled, UpdateReason reason) => isFulfilled == false ? reason : UpdateReason.None;
        string profiles = string.Join(" or ", manifest.Profiles);
        string above = facts.Build is { } running ? $", and it runs build {running}" : "";
        return
        [
            new($"trusts two of the keys that signed{(rightSignatures is { } right ? $"; {right} are right" : "")}", Unless(rightSignatures >= DePin.Contracts.Signing.CountersignedMessage.SignaturesMin, UpdateReason.BadSignatures)),
            new($"is a {manifest.Product}", Unless(facts.Product is null ? null : facts.Product == manifest.Product, UpdateReason.NotOurProduct)),
            new($"has hardware profile {profiles}", Unless(facts.Profile is { } profile ? manifest.IsFor(profile) : null, UpdateReason.WrongProfile)),
            new($"never confirmed a security number above {manifest.Security}", Unless(facts.Security <= manifest.Security || facts.Security is null ? null : false, UpdateReason.SecurityTooLow)),
            manifest.IsReturn
                ? new($"runs build {manifest.ReturnsFrom}, which this returns from{above}", Unless(facts.Build is null ? null : facts.Build == manifest.ReturnsFrom, UpdateReason.WrongReturn))
                : new($"runs a build below {manifest.Build}{above}", Unless(facts.Build is null ? null : facts.Build < manifest.Build, UpdateReason.BuildTooLow)),
            new($"has a loader of version {manifest.LoaderMin} or higher", Unless(facts.Loader is null ? null : facts.Loader >= manifest.LoaderMin, UpdateReason.LoaderTooOld)),
        ];
    }
}
