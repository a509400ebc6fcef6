using System.Text.Json;

namespace DePin.Tools.Bench;

/// <summary>What a rollout to many nodes cost.</summary>
/// <param name="Database">SQLite or PostgreSQL.</param>
/// <param name="Nodes">Nodes in all.</param>
/// <param name="NodesAtOnce">Of them connected at the same time; the others come and go.</param>
/// <param name="BundleBytes">What each downloads.</param>
/// <param name="Confirmed">Nodes that run it, as the backend said that it heard.</param>
/// <param name="Seconds">From the start to the last confirmation.</param>
/// <param name="ConfirmedPerMinute">Nodes.</param>
/// <param name="OffersPerMinuteLimit">The plan's.</param>
/// <param name="MostOffersInAMinute">As they came, in any minute.</param>
/// <param name="OffersPerSecondLimit">The same limit by the second; three seconds' worth may be made at once.</param>
/// <param name="MostOffersPerSecond">In any ten seconds, by the second.</param>
/// <param name="BackendCpuSeconds">Processor time.</param>
/// <param name="BackendCpuMillisecondsPerNode">The same for each node.</param>
/// <param name="MemoryMbQuiet">The backend's memory with all these connections and a rollout behind it, after it collected its garbage.</param>
/// <param name="MemoryMbPeakOfQuarter">The most while a rollout to a quarter of the nodes went, from the same quiet: buffers, the collector's slack and the database's cache are in it.</param>
/// <param name="MemoryMbPeak">The most while the rollout went.</param>
/// <param name="MemoryMbAfter">When it was over, after it collected its garbage.</param>
/// <param name="PeakBytesPerNode">By how much that peak is higher than the quarter's, for each node more.</param>
/// <param name="KeptBytesPerNode">Growth that stays, for each node.</param>
/// <param name="SentBytes">Bytes in blocks.</param>
/// <param name="SentShare">Set against the least.</param>
/// <param name="BusyAnswers">How often nodes were told to come later.</param>
/// <param name="RolloutState">How it ended.</param>
/// <param name="Problems">What was not right.</param>
internal sealed record RolloutBenchResult(
    string Database, int Nodes, int NodesAtOnce, int BundleBytes, int Confirmed, double Seconds, double ConfirmedPerMinute, int OffersPerMinuteLimit, double MostOffersInAMinute, double OffersPerSecondLimit, double MostOffersPerSecond,
    double BackendCpuSeconds, double BackendCpuMillisecondsPerNode, double MemoryMbQuiet, double MemoryMbPeakOfQuarter, double MemoryMbPeak, double MemoryMbAfter, double PeakBytesPerNode, double KeptBytesPerNode, long SentBytes, double SentShare,
    int BusyAnswers, string RolloutState, IReadOnlyList<string> Problems)
{
    /// <summary>Memory that a node in a rollout may cost beside its row.</summary>
    public const double MostBytesPerNode = 2048;

    /// <summary>One JSON object.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    /// <summary>What is not as it has to be, as sentences.</summary>
    /// <param name="reason">What the rollout says.</param>
    /// <param name="lost">A connection that ended by itself, or null.</param>
    public IEnumerable<string> Wrongs(string? reason, string? lost)
    {
        if (RolloutState != "done" || Confirmed < Nodes)
        {
            yield return $"{Confirmed} of {Nodes} nodes have it and the rollout is {RolloutState}{(reason is null ? "" : $": {reason}")}";
        }

        if (MostOffersInAMinute > OffersPerMinuteLimit)
        {
            yield return $"{MostOffersInAMinute} offers were made in a minute, and {OffersPerMinuteLimit} are the limit";
        }

        if (PeakBytesPerNode >= MostBytesPerNode)
        {
            yield return $"memory grew by {PeakBytesPerNode:0} bytes with each node more, and {MostBytesPerNode:0} are the limit";
        }

        if (lost is not null)
        {
            yield return $"a connection was lost: {lost}";
        }
    }
}
