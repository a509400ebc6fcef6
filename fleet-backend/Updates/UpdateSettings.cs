using DePin.Fleet.Nodes;

namespace DePin.Fleet.Updates;

/// <summary>Whose signatures count, and what updates may cost the backend.</summary>
public sealed record UpdateSettings
{
    private const int MostKeys = 16;

    /// <summary>Compressed public keys that may sign releases, 66 hex digits each; two of them for every release. Two managers may register more.</summary>
    public IReadOnlyList<string> ReleaseKeys { get; init; } = [];

    /// <summary>Compressed public keys of which two sign a rotation of the release keys, 66 hex digits each.</summary>
    public IReadOnlyList<string> RootKeys { get; init; } = [];

    /// <summary>Nodes that get blocks at the same time, over all rollouts; each costs about 200 bytes.</summary>
    public int ConcurrentDownloads { get; init; } = 1000;

    /// <summary>Bundles kept in memory for all downloads, 256 KiB each at most.</summary>
    public int BundlesInMemory { get; init; } = 8;

    /// <summary>The first setting that is out of its bounds, as a sentence, or null.</summary>
    internal string? Problem() =>
        Keys("releaseKeys", ReleaseKeys) ?? Keys("rootKeys", RootKeys)
        ?? (ConcurrentDownloads is < 1 or > 100_000 ? "updates.concurrentDownloads must be a number from 1 to 100000." : null)
        ?? (BundlesInMemory is < 1 or > 1000 ? "updates.bundlesInMemory must be a number from 1 to 1000." : null);

    private static string? Keys(string name, IReadOnlyList<string> keys) =>
        keys.Count > MostKeys ? $"updates.{name} are {MostKeys} at most."
        : keys.FirstOrDefault(key => !ReleaseKeySet.IsKey(key)) is { } wrong ? $"updates.{name}: '{wrong}' is no compressed P-256 key of 66 lower-case hex digits."
        : keys.Distinct(StringComparer.Ordinal).Count() != keys.Count ? $"updates.{name} has a key twice."
        : null;
}
