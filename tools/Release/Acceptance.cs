using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Node.Update;

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

/// <summary>Which nodes take a release: the node's own conditions, in the order in which it asks them, of those that can be known here; pure.</summary>
internal static class Acceptance
{
    /// <summary>The conditions of a manifest, judged for a node as far as it is known.</summary>
    /// <param name="manifest">What is released.</param>
    /// <param name="facts">What is known of the node.</param>
    /// <param name="rightSignatures">How many signatures are right by keys it trusts; null where its keys are not known.</param>
    public static IReadOnlyList<Judgement> Of(ReleaseManifest manifest, NodeFacts facts, int? rightSignatures)
    {
        UpdateReason Judge<T>(T? known, Func<T, UpdateReason> judge)
            where T : struct => known is { } fact ? judge(fact) : UpdateReason.None;
        string profiles = string.Join(" or ", manifest.Profiles);
        string above = facts.Build is { } running ? $", and it runs build {running}" : "";
        return
        [
            new($"trusts two of the keys that signed{(rightSignatures is { } right ? $"; {right} are right" : "")}", rightSignatures < CountersignedMessage.SignaturesMin ? UpdateReason.BadSignatures : UpdateReason.None),
            new($"is a {manifest.Product}", facts.Product is { } product ? OfferConditions.OfProduct(manifest, product) : UpdateReason.None),
            new($"has hardware profile {profiles}", Judge(facts.Profile, profile => OfferConditions.OfProfile(manifest, profile))),
            new($"never confirmed a security number above {manifest.Security}", Judge(facts.Security, security => OfferConditions.OfSecurity(manifest, security))),
            new(manifest.IsReturn ? $"runs build {manifest.ReturnsFrom}, which this returns from{above}" : $"runs a build below {manifest.Build}{above}", Judge(facts.Build, build => OfferConditions.OfBuild(manifest, build))),
            new($"has a loader of version {manifest.LoaderMin} or higher", Judge(facts.Loader, loader => OfferConditions.OfLoader(manifest, loader))),
        ];
    }
}
