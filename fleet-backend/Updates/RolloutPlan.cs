using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Updates;

/// <summary>What a rollout is to do: to which nodes, in which steps, under which conditions and how fast.</summary>
/// <param name="Target">Which nodes.</param>
/// <param name="Canary">The first few.</param>
/// <param name="Waves">What follows, 0 to 20 waves.</param>
/// <param name="Gate">What a wave must fulfil before the next one opens.</param>
/// <param name="Rate">How fast.</param>
public sealed record RolloutPlan(Target Target, WavePlan Canary, IReadOnlyList<WavePlan> Waves, GateRules Gate, RateRules Rate)
{
    private const int MostWaves = 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The wave of a number; 0 is the canary.</summary>
    public WavePlan Wave(long number) => number == 0 ? Canary : Waves[(int)number - 1];

    /// <summary>Whether a wave is the one behind all that were planned, of nodes that were held back.</summary>
    public bool IsHeldBack(long number) => number > Waves.Count;

    /// <summary>How many nodes of a target of so many no planned wave takes.</summary>
    public long HeldBack(long target) => Gate.Metering?.HeldBack(target) ?? 0;

    /// <summary>How many more nodes a wave takes: as planned but for those held back, who have one of their own at the end.</summary>
    /// <param name="number">Of the wave.</param>
    /// <param name="lastSize">Nodes of the last planned wave; where it was that.</param>
    /// <param name="members">Nodes in the waves before.</param>
    /// <param name="candidates">Nodes that match and are in none.</param>
    public long Take(long number, long lastSize, long members, long candidates)
    {
        if (!IsHeldBack(number))
        {
            return Math.Min(Wave(number).Take(members, candidates), Math.Max(0, candidates - HeldBack(members + candidates)));
        }

        WavePlan last = Wave(Waves.Count);
        return last.Nodes is { } nodes ? Math.Clamp(nodes - lastSize, 0, candidates) : last.Take(members, candidates);
    }

    /// <summary>The first thing wrong with it, as a sentence, or null.</summary>
    public Sentence? Problem() =>
        Target.Problem() ?? Canary.Problem("canary")
        ?? (Waves.Count > MostWaves ? Sentence.Of($"There are {MostWaves} waves at most.") : null)
        ?? Waves.Select((wave, index) => wave.Problem($"waves[{index}]")).FirstOrDefault(problem => problem is not null)
        ?? Gate.Problem() ?? Rate.Problem();

    /// <summary>As it is stored.</summary>
    public string Write() => JsonSerializer.Serialize(this, Json);

    /// <summary>As it was stored.</summary>
    public static RolloutPlan Read(string stored) => JsonSerializer.Deserialize<RolloutPlan>(stored, Json)!;
}

/// <summary>
/// Which nodes: all conditions that are given must hold, and in a list one entry is enough. Without any condition these are all nodes of the
/// release's profiles. Nodes that run the release or a higher build already, that are scrapped, or that another rollout is busy with, are left out.
/// </summary>
/// <param name="Profiles">Names of hardware profiles.</param>
/// <param name="Firmware">Digests of what a node runs now.</param>
/// <param name="Area">Where it is paired.</param>
/// <param name="Operators">Who keeps it running.</param>
/// <param name="CapitalBuilders">Who paid for it.</param>
/// <param name="Agreements">Infrastructure managers of its agreement.</param>
/// <param name="Tags">Tags that it has.</param>
/// <param name="WithoutTags">Tags that it must not have.</param>
public sealed partial record Target(
    IReadOnlyList<string>? Profiles = null,
    IReadOnlyList<string>? Firmware = null,
    Area? Area = null,
    IReadOnlyList<string>? Operators = null,
    IReadOnlyList<string>? CapitalBuilders = null,
    IReadOnlyList<string>? Agreements = null,
    IReadOnlyList<string>? Tags = null,
    IReadOnlyList<string>? WithoutTags = null)
{
    private const int MostEntries = 100;

    private static readonly string AllProfiles = string.Join(", ", Profile.ByName.Keys.Order(StringComparer.Ordinal));

    private static readonly Sentence Name = Sentence.Of($"a name"), Tag = Sentence.Of($"1 to 32 of a-z, 0-9, dot and hyphen");

    /// <summary>The first thing wrong with it, or null.</summary>
    public Sentence? Problem() =>
        List("profiles", Profiles, Profile.ByName.ContainsKey, Sentence.Of($"one of {AllProfiles}"))
        ?? List("firmware", Firmware, FirmwareRoutes.IsDigest, Sentence.Of($"16 lower-case hex digits"))
        ?? List("operators", Operators, Names.IsName, Name) ?? List("capitalBuilders", CapitalBuilders, Names.IsName, Name) ?? List("agreements", Agreements, Names.IsName, Name)
        ?? List("tags", Tags, IsTag, Tag) ?? List("withoutTags", WithoutTags, IsTag, Tag)
        ?? Area?.Problem();

    /// <summary>Whether a text is a tag.</summary>
    public static bool IsTag(string text) => TagPattern().IsMatch(text);

    private static Sentence? List(string name, IReadOnlyList<string>? entries, Func<string, bool> isRight, Sentence rule) =>
        entries is null ? null
        : entries.Count is 0 or > MostEntries ? Sentence.Of($"target.{name} has 1 to {MostEntries} entries, or is left out.")
        : entries.FirstOrDefault(entry => entry is null || !isRight(entry)) is { } wrong ? Sentence.Of($"target.{name}: '{wrong}' is not {rule}.")
        : entries.Contains(null!) ? Sentence.Of($"target.{name} has an entry that is null.")
        : null;

    [GeneratedRegex(@"\A[a-z0-9.-]{1,32}\z", RegexOptions.NonBacktracking)]
    private static partial Regex TagPattern();
}

/// <summary>A piece of the earth between two parallels and two meridians, degrees.</summary>
public sealed record Area(double South, double West, double North, double East)
{
    /// <summary>What is wrong with it, or null.</summary>
    public Sentence? Problem() => South is >= -90 and <= 90 && North is >= -90 and <= 90 && South < North && West is >= -180 and <= 180 && East is >= -180 and <= 180 && West < East
        ? null
        : Sentence.Of($"target.area lies between south and north (-90 to 90), and between west and east (-180 to 180).");
}

/// <summary>How many nodes a wave takes: so many more, or as many as bring all waves so far to so many percent of the target.</summary>
public sealed record WavePlan(int? Nodes = null, int? Percent = null)
{
    private const int MostNodes = 1_000_000;

    /// <summary>What is wrong with it, or null.</summary>
    public Sentence? Problem(string name) =>
        Nodes is null == Percent is null ? Sentence.Of($"{name} has either nodes or percent.")
        : Nodes is { } nodes ? Bounds.Number($"{name}.nodes", nodes, 1, MostNodes)
        : Percent is < 1 or > 100 ? Sentence.Of($"{name}.percent must be a number from 1 to 100; it counts all waves up to this one.")
        : null;

    /// <summary>How many more nodes this wave takes.</summary>
    /// <param name="members">Nodes in the waves before.</param>
    /// <param name="candidates">Nodes that match and are in none.</param>
    public long Take(long members, long candidates) =>
        Math.Clamp(Nodes ?? ((((members + candidates) * Percent!.Value) + 99) / 100) - members, 0, candidates);
}

/// <summary>How fast a rollout goes.</summary>
/// <param name="OffersPerMinute">Offers in any minute at most, by the backend's clock.</param>
/// <param name="ConcurrentDownloads">Nodes that get blocks at the same time; others are told to try later.</param>
/// <param name="BytesPerNodeAndDay">What a node may cost a day in blocks; four of the largest bundles, as it stands.</param>
public sealed record RateRules(int OffersPerMinute = 60, int ConcurrentDownloads = 50, int BytesPerNodeAndDay = 1024 * 1024)
{
    /// <summary>What is wrong with it, or null.</summary>
    public Sentence? Problem() =>
        Bounds.Number("rate.offersPerMinute", OffersPerMinute, 1, 100_000)
        ?? Bounds.Number("rate.concurrentDownloads", ConcurrentDownloads, 1, 10_000)
        ?? Bounds.Number("rate.bytesPerNodeAndDay", BytesPerNodeAndDay, 8192, 1024 * 1024 * 1024);
}
