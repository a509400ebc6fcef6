using DePin.Contracts.Updates;

namespace DePin.Fleet.Updates;

/// <summary>Where a node stands in a rollout. The numbers are stored.</summary>
public enum NodeState
{
    /// <summary>In an open wave, no offer made yet.</summary>
    Pending = 0,

    /// <summary>Offered; no word yet.</summary>
    Offered = 1,

    /// <summary>It will take it.</summary>
    Accepted = 2,

    /// <summary>Blocks are coming.</summary>
    Downloading = 3,

    /// <summary>The bundle is whole.</summary>
    Verified = 4,

    /// <summary>It waits for battery, night or output.</summary>
    Waiting = 5,

    /// <summary>The new firmware runs on trial.</summary>
    Trial = 6,

    /// <summary>The new firmware stays.</summary>
    Confirmed = 7,

    /// <summary>It went back to the old firmware; it is tried again later.</summary>
    WentBack = 8,

    /// <summary>It did not take the offer; it is tried again later.</summary>
    Rejected = 9,

    /// <summary>The offer was withdrawn.</summary>
    Withdrawn = 10,

    /// <summary>It failed three times, or in a way that time does not cure: somebody has to look.</summary>
    NeedsAttention = 11,
}

/// <summary>What a report makes of a node's standing.</summary>
/// <param name="State">Where it stands now.</param>
/// <param name="Failures">Attempts in a row that failed.</param>
/// <param name="RetryMilliseconds">How long until the next attempt, null where there is none by itself.</param>
/// <param name="IsEnd">Whether the attempt is over.</param>
/// <param name="Reason">Why, in the contract's words.</param>
public sealed record NodeStep(NodeState State, int Failures, long? RetryMilliseconds, bool IsEnd, UpdateReason Reason);

/// <summary>Decides what a report makes of a node; pure.</summary>
public static class NodeProgress
{
    /// <summary>Attempts that fail in a row before somebody has to look.</summary>
    public const int MostFailures = 3;

    /// <summary>The contract has no reason for a node that confirms and runs something else: not its words count but its firmware.</summary>
    public const UpdateReason RunsAnother = UpdateReason.DidNotLoad;

    private const long MillisecondsPerHour = 3_600_000;

    /// <summary>Whether an attempt is under way.</summary>
    public static bool IsUnderWay(NodeState state) => state is >= NodeState.Offered and <= NodeState.Trial;

    /// <summary>What a report of the present attempt makes; null where the attempt is over and nothing changes.</summary>
    /// <param name="state">Where the node stands.</param>
    /// <param name="failures">Failures in a row so far.</param>
    /// <param name="report">What it says; its counter is higher than of any report heard before.</param>
    /// <param name="digest">First 8 bytes of the bundle's hash.</param>
    public static NodeStep? After(NodeState state, int failures, UpdateReport report, ReadOnlySpan<byte> digest)
    {
        bool isWithdrawn = state == NodeState.Withdrawn;
        if (!IsUnderWay(state) && !isWithdrawn)
        {
            return null;
        }

        switch (report.State)
        {
            case UpdateState.Confirmed when digest.SequenceEqual(report.Firmware):
                return new NodeStep(NodeState.Confirmed, 0, null, true, UpdateReason.None);
            case UpdateState.Confirmed:
                return Failed(NodeState.WentBack, failures, RunsAnother, isWithdrawn);
            case UpdateState.WentBack:
                return Failed(NodeState.WentBack, failures, report.Reason, isWithdrawn);
            case UpdateState.Rejected:
                return Failed(NodeState.Rejected, failures, report.Reason, isWithdrawn);
            default:
                // Told to stop, and not there yet: it stays withdrawn, whatever it is at.
                return isWithdrawn ? null : new NodeStep(Of(report.State), failures, null, false, report.Reason);
        }
    }

    /// <summary>Whether the same offer may succeed later without anybody doing anything.</summary>
    public static bool IsCurable(UpdateReason reason) => reason is not (UpdateReason.Malformed or UpdateReason.BadSignatures or UpdateReason.NotOurProduct or UpdateReason.WrongProfile
        or UpdateReason.SecurityTooLow or UpdateReason.BuildTooLow or UpdateReason.WrongReturn or UpdateReason.LoaderTooOld or UpdateReason.TooLarge or UpdateReason.NoPsram or UpdateReason.Expired);

    private static NodeStep Failed(NodeState end, int failures, UpdateReason reason, bool isWithdrawn)
    {
        if (isWithdrawn || reason == UpdateReason.Withdrawn)
        {
            return new NodeStep(NodeState.Withdrawn, failures, null, true, reason);
        }

        // Another release is in its trial: no fault of this one.
        int after = reason == UpdateReason.InTrial ? failures : failures + 1;
        return after >= MostFailures || !IsCurable(reason)
            ? new NodeStep(NodeState.NeedsAttention, Math.Max(after, 1), null, true, reason)
            : new NodeStep(end, after, MillisecondsPerHour << Math.Max(0, after - 1), true, reason);
    }

    private static NodeState Of(UpdateState state) => state switch
    {
        UpdateState.Accepted => NodeState.Accepted,
        UpdateState.Downloading => NodeState.Downloading,
        UpdateState.Verified => NodeState.Verified,
        UpdateState.Waiting => NodeState.Waiting,
        UpdateState.Trial => NodeState.Trial,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };
}
