using System.Collections.Immutable;
using DePin.Contracts.Metering;
using DePin.Contracts.Uplink;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Outbox;

namespace DePin.Host.PowerCuts;

/// <summary>
/// A scripted life of one node in which everything is written that a node ever writes, and at every change of its flash the
/// power is cut, in every way the file system can leave it. What is left starts again and must have all it had.
/// </summary>
public sealed class PowerCutLife
{
    private const int OutboxBytes = 6 * Segment.BlockBytes;
    private const int MinutesAfter = 8;
    private readonly int _every;
    private readonly bool _cutsTwice;
    private readonly CancellationToken _cancellationToken;
    private readonly PlatformSigner _signer = PlatformSigner.FromSeed([9]);
    private readonly NodeIdentity _identity;
    private readonly List<string> _failures = [];
    private int _changes;
    private int _cutPoints;
    private int _secondCuts;

    private PowerCutLife(int every, bool cutsTwice, CancellationToken cancellationToken)
    {
        _every = every;
        _cutsTwice = cutsTwice;
        _cancellationToken = cancellationToken;
        _identity = new NodeIdentity(new PlatformDigest(), _signer.PublicKey, new byte[32]);
    }

    /// <summary>Lives it.</summary>
    /// <param name="every">Cuts at every so many changes: 1 for all.</param>
    /// <param name="cutsTwice">Whether the power is cut again at each change of the start that follows.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static PowerCutResult Run(int every, bool cutsTwice, CancellationToken cancellationToken)
    {
        var life = new PowerCutLife(every, cutsTwice, cancellationToken);
        using PlatformSigner signer = life._signer;
        var backend = new SimulatedBackend(life._identity) { UnixSeconds = 1_790_000_000 };
        CutNode node = life.Start(CutFlash.Empty, backend, ImmutableDictionary<long, string>.Empty, life.CutEachWay, 1, new Counters(0, 0, 0));
        Live(node);
        life._failures.AddRange(node.Failures.Concat(backend.Failures).Select(failure => "without a cut: " + failure));
        return new PowerCutResult(life._changes, life._cutPoints, life._secondCuts, node.DroppedBefore, node.SetAsideBefore, life._failures);
    }

    private static void Live(CutNode node)
    {
        node.Run(20);
        node.Backend.IsReachable = false;
        node.Backend.Close();
        node.Run(40);
        node.Backend.IsReachable = true;
        node.Run(15);
        node.Backend.ForgetBatches(4);
        node.Run(5);
        node.Backend.RefusesNext = RejectReason.Malformed;
        node.Run(10);
        node.Restart(isAnnounced: true);
        node.Run(5);
        node.Restart(isAnnounced: false);
        node.Run(10);
        node.Backend.RefusesNext = RejectReason.Fork;
        node.Run(15);
        node.Backend.IsReachable = false;
        node.Backend.Close();
        node.Run(16 * 60);
        node.Backend.IsReachable = true;
        node.Run(40);
        node.Restart(isAnnounced: true);
        node.Finish(10);
    }

    private CutNode Start(ImmutableSortedDictionary<string, byte[]> files, SimulatedBackend backend, ImmutableDictionary<long, string> signed, Action<CutNode, FlashChange> changing, long closedSequence, Counters closedCounters) =>
        new(_signer, _identity, OutboxBytes, files, backend, signed, changing, closedSequence, closedCounters);

    private void CutEachWay(CutNode node, FlashChange change)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _changes++;
        if (_changes % _every != 0)
        {
            return;
        }

        for (int i = 0; i < change.Outcomes.Count; i++)
        {
            _cutPoints++;
            Before before = Before.Of(node, change);
            Survive(before, change.Outcomes[i], $"change {_changes}, outcome {i}", _cutsTwice);
        }
    }

    private void Survive(Before before, ImmutableSortedDictionary<string, byte[]> files, string where, bool cutsAgain)
    {
        bool hasStarted = false;
        int again = 0;
        void CutAgain(CutNode node, FlashChange change)
        {
            if (!cutsAgain || hasStarted)
            {
                return;
            }

            again++;
            for (int i = 0; i < change.Outcomes.Count; i++)
            {
                _secondCuts++;
                Survive(Before.Of(node, change), change.Outcomes[i], $"{where}, then change {again}, outcome {i}", cutsAgain: false);
            }
        }

        SimulatedBackend backend = before.Backend.Copy();
        CutNode node = Start(files, backend, before.Signed, CutAgain, before.ClosedSequence, before.ClosedCounters);
        Check(where, node.Core.Sequence >= before.ClosedSequence, $"goes on at {node.Core.Sequence}, {before.ClosedSequence} was reached");
        Check(where, node.Core.Counters.HarvestedMilliwattHours >= before.ClosedCounters.HarvestedMilliwattHours && node.Core.Counters.DeliveredMilliwattHours >= before.ClosedCounters.DeliveredMilliwattHours, "the counters fell");
        HashSet<string> kept = Before.Batches(node.Flash.Files, before.Backend.Next);
        Check(where, before.MustStay.IsSubsetOf(kept), $"{before.MustStay.Except(kept).Count()} stored batches are lost");
        node.Run(1);
        hasStarted = true;
        node.Finish(MinutesAfter);
        Check(where, node.Core.OutboxBatches == 0, $"{node.Core.OutboxBatches} batches stay in the outbox");
        Check(where, backend.Next == node.Core.Sequence, $"the backend has all below {backend.Next}, the node closed all below {node.Core.Sequence}");
        Check(where, backend.Closing.IsSameAs(node.Core.Counters), "the backend's counters are not the node's");
        int stored = node.Flash.Files.Where(file => SegmentName.KeyOf(file.Key) >= 0).Sum(file => new Segment(0, file.Value).Count);
        Check(where, stored == Before.Batches(node.Flash.Files, 0).Count, "a batch is stored twice");
        Check(where, node.Core.Counts.FilesDamaged == 0, "files were damaged");
        _failures.AddRange(node.Failures.Concat(backend.Failures).Select(failure => $"{where}: {failure}"));
    }

    private void Check(string where, bool holds, string otherwise)
    {
        if (!holds)
        {
            _failures.Add($"{where}: {otherwise}");
        }
    }

    // What must still be there after the cut: all batches but those that this very change was to take away.
    private sealed record Before(SimulatedBackend Backend, ImmutableDictionary<long, string> Signed, long ClosedSequence, Counters ClosedCounters, IReadOnlySet<string> MustStay)
    {
        public static Before Of(CutNode node, FlashChange change)
        {
            SimulatedBackend backend = node.Backend.Copy();
            HashSet<string> stay = Batches(change.Before, backend.Next);
            stay.IntersectWith(Batches(change.After, backend.Next));
            return new Before(backend, node.Signed, node.ClosedSequence, node.ClosedCounters, stay);
        }

        public static HashSet<string> Batches(ImmutableSortedDictionary<string, byte[]> files, long next)
        {
            var batches = new HashSet<string>(StringComparer.Ordinal);
            foreach ((string name, byte[] content) in files.Where(file => SegmentName.KeyOf(file.Key) >= 0))
            {
                var segment = new Segment(SegmentName.KeyOf(name), content);
                for (int i = segment.Lowest(next); i < segment.Count; i++)
                {
                    batches.Add(Convert.ToHexString(segment.Batch(i).Hash));
                }
            }

            return batches;
        }
    }
}

/// <summary>What was tried, and what did not hold.</summary>
/// <param name="Changes">Writes and deletions of the life.</param>
/// <param name="CutPoints">Ways in which the power was cut in them.</param>
/// <param name="SecondCuts">Ways in which it was cut again while the node started.</param>
/// <param name="BatchesDropped">Batches of the life that a full outbox dropped.</param>
/// <param name="BatchesSetAside">Batches of the life that were refused.</param>
/// <param name="Failures">One sentence for each.</param>
public sealed record PowerCutResult(int Changes, int CutPoints, int SecondCuts, long BatchesDropped, long BatchesSetAside, IReadOnlyList<string> Failures);
