using DePin.Contracts.Identity;
using DePin.Contracts.Updates;

namespace DePin.Fleet.Updates;

/// <summary>A rollout to plan; what is left out has its usual value.</summary>
/// <param name="Name">For people; 1 to 64 printable characters.</param>
/// <param name="Reason">Why; 1 to 500 printable characters.</param>
/// <param name="Release">Id of a published release, null for a draft.</param>
/// <param name="Target">Which nodes; all of the release's profiles where it is left out.</param>
/// <param name="Canary">The first few; 5 nodes.</param>
/// <param name="Waves">What follows; 10 %, then all.</param>
/// <param name="Gate">What a wave must fulfil; with metering looked at.</param>
/// <param name="Rate">How fast.</param>
public sealed record RolloutRequest(
    string Name, string Reason, string? Release = null, Target? Target = null, WavePlan? Canary = null, IReadOnlyList<WavePlan>? Waves = null, GateRules? Gate = null, RateRules? Rate = null)
{
    private const int MaxName = 64;

    /// <summary>The plan with its usual values.</summary>
    public RolloutPlan ToPlan() => new(
        Target ?? new Target(), Canary ?? new WavePlan(Nodes: 5), Waves ?? [new WavePlan(Percent: 10), new WavePlan(Percent: 100)], Gate ?? new GateRules(Metering: new MeteringRules()), Rate ?? new RateRules());

    /// <summary>The first thing wrong with it, as a sentence, or null.</summary>
    public Sentence? Problem() =>
        Bounds.Printable("name", Name, MaxName)
        ?? (Waves is not null && Waves.Contains(null!) ? Sentence.Of($"A wave is null.") : Bounds.Reason(Reason) ?? ToPlan().Problem());
}

/// <summary>Why somebody does something.</summary>
public sealed record ReasonRequest(string Reason);

/// <summary>To go on; with acceptBroken also past a broken gate, whose figures are then accepted as they are.</summary>
public sealed record ResumeRequest(string Reason, bool AcceptBroken = false);

/// <summary>To try failed nodes again: these, or all.</summary>
public sealed record RetryRequest(string Reason, IReadOnlyList<string>? Nodes = null)
{
    private const int MostNodes = 1000;

    /// <summary>What is wrong with it, or null.</summary>
    public Sentence? Problem() =>
        Bounds.Reason(Reason)
        ?? (Nodes is { Count: 0 or > MostNodes } ? Sentence.Of($"nodes are 1 to {MostNodes}, or left out for all.")
            : Nodes?.FirstOrDefault(node => node is null || NodeId.Parse(node)?.ToString() != node) is { } wrong ? Sentence.Of($"'{wrong}' is no node id.")
            : Nodes?.Contains(null!) == true ? Sentence.Of($"A node id is null.")
            : null);
}

/// <summary>A node's tags, all of them.</summary>
public sealed record TagsRequest(IReadOnlyList<string> Tags)
{
    private const int MostTags = 32;

    /// <summary>What is wrong with them, or null.</summary>
    public Sentence? Problem() => Tags.Count > MostTags || Tags.Any(tag => tag is null || !Target.IsTag(tag)) || Tags.Distinct(StringComparer.Ordinal).Count() != Tags.Count
        ? Sentence.Of($"tags are up to {MostTags}, each once, of 1 to 32 of a-z, 0-9, dot and hyphen.")
        : null;
}

/// <summary>Names of reasons and states in queries, as they stand in answers.</summary>
internal static class QueryNames
{
    /// <summary>A reason by its name; null where there is none of that name.</summary>
    public static UpdateReason? Reason(string name) => Enum.TryParse(name, ignoreCase: true, out UpdateReason reason) && Enum.IsDefined(reason) && !char.IsAsciiDigit(name[0]) ? reason : null;

    /// <summary>A state by its name; null where there is none of that name.</summary>
    public static NodeState? State(string name) => Enum.TryParse(name, ignoreCase: true, out NodeState state) && Enum.IsDefined(state) && !char.IsAsciiDigit(name[0]) ? state : null;
}
