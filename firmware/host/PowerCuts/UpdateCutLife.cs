using System.Collections.Immutable;
using System.Security.Cryptography;
using DePin.Contracts.Updates;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Pairing;

namespace DePin.Host.PowerCuts;

/// <summary>
/// A node that takes four updates, one good, one that crashes, one that hangs and one whose batches never arrive, and at every change of its flash
/// the power is cut, in every way the file system can leave it, and the whole file system is formatted. What is left has to boot, in the
/// old firmware or the new one, and to say which and why; formatted, it boots the factory copy and knows that it needs a technician.
/// </summary>
public sealed class UpdateCutLife
{
    private const int Bytes = 9_000;
    private const int LongestMinutes = 10 * 60;
    private readonly int _every;
    private readonly CancellationToken _cancellationToken;
    private readonly PlatformSigner _signer = PlatformSigner.FromSeed([9]);
    private readonly NodeIdentity _identity;
    private readonly List<string> _failures = [];
    private UpdateNode? _node;
    private SimulatedUpdates? _updates;
    private byte[] _old = [];
    private byte[] _offered = [];
    private UpdateState _expected;
    private int _changes;
    private int _cutPoints;
    private int _formats;
    private int _inOld;
    private int _inNew;

    private UpdateCutLife(int every, CancellationToken cancellationToken)
    {
        _every = every;
        _cancellationToken = cancellationToken;
        _identity = new NodeIdentity(new PlatformDigest(), _signer.PublicKey, new byte[32]);
    }

    /// <summary>Lives it.</summary>
    /// <param name="every">Cuts at every so many changes: 1 for all.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static UpdateCutResult Run(int every, CancellationToken cancellationToken)
    {
        var life = new UpdateCutLife(every, cancellationToken);
        using PlatformSigner signer = life._signer;
        life.Live();
        return new UpdateCutResult(life._changes, life._cutPoints, life._formats, life._inOld, life._inNew, life._failures);
    }

    private void Live()
    {
        _updates = new SimulatedUpdates();
        var backend = new SimulatedBackend(_identity) { UnixSeconds = 1_790_000_000, Updates = _updates };
        var flash = new CutFlash(CutFlash.Empty, CutEachWay);
        new IdentityFile(_signer.PrivateKey(), new byte[32], _signer.PublicKey).Save(flash);
        _node = new UpdateNode(_signer, _identity, flash, backend);
        _node.Run(12);
        Offer(1, build: 5, UpdateState.Confirmed);
        Offer(UpdateNode.Crashes, build: 6, UpdateState.WentBack);
        Offer(UpdateNode.Hangs, build: 7, UpdateState.WentBack);
        Offer(UpdateNode.SendsNoBatch, build: 8, UpdateState.WentBack);
        Judge("without a cut", _node, _updates, backend);
    }

    private void Offer(byte first, long build, UpdateState expected)
    {
        byte[] bundle = new byte[Bytes];
        new Random(first).NextBytes(bundle);
        bundle[0] = first;
        _old = _node!.Firmware;
        _offered = SHA256.HashData(bundle)[..8];
        _expected = expected;
        _updates!.Publish(bundle, build);
        _node.Run(LongestMinutes, () => _updates.IsOver);
        _node.Run(5);
        Check($"build {build} without a cut", _updates.Last?.State == expected, $"it ends as {_updates.Last?.State} {_updates.Last?.Reason}");
    }

    private void CutEachWay(FlashChange change)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _changes++;
        if (_node is null || _changes % _every != 0)
        {
            return;
        }

        for (int i = 0; i < change.Outcomes.Count; i++)
        {
            _cutPoints++;
            Survive(change.Outcomes[i], $"change {_changes}, outcome {i}");
        }

        Format();
    }

    private void Survive(ImmutableSortedDictionary<string, byte[]> files, string where)
    {
        SimulatedBackend backend = _node!.Backend.Copy();
        var node = new UpdateNode(_signer, _identity, new CutFlash(files, _ => { }), backend);
        if (_offered.Length > 0)
        {
            node.Run(LongestMinutes, () => backend.Updates!.IsOver);
        }

        node.Run(5);
        Judge(where, node, backend.Updates!, backend);
    }

    private void Judge(string where, UpdateNode node, SimulatedUpdates updates, SimulatedBackend backend)
    {
        bool isNew = node.Firmware.AsSpan().SequenceEqual(_offered);
        _inNew += isNew ? 1 : 0;
        _inOld += isNew ? 0 : 1;
        Check(where, isNew || _old.Length == 0 || node.Firmware.AsSpan().SequenceEqual(_old), "neither the old firmware runs nor the new one");
        Check(where, _offered.Length == 0 || updates.Last?.State == _expected, $"{_expected} is to come, the node says {updates.Last?.State} {updates.Last?.Reason}");
        Check(where, isNew == (updates.Last?.State == UpdateState.Confirmed), $"the new firmware runs: {isNew}, and the node says {updates.Last?.State}");
        Check(where, updates.Last is null || updates.Last.Firmware.AsSpan().SequenceEqual(node.Firmware), "it names another firmware than it runs");
        Check(where, node.Core.Counters.HarvestedMilliwattHours >= backend.Closing.HarvestedMilliwattHours, "the counters fell");
        _failures.AddRange(backend.Failures.Select(failure => $"{where}: {failure}"));
    }

    private void Format()
    {
        _formats++;
        var flash = new CutFlash(CutFlash.Empty, _ => { });
        var node = new UpdateNode(_signer, _identity, flash, _node!.Backend.Copy());
        Check($"formatted before change {_changes}", node.RunsFactory && IdentityFile.Load(flash) is null && !IdentityFile.IsDamaged(flash), "it does not boot the factory copy of a bare board");
    }

    private void Check(string where, bool holds, string otherwise)
    {
        if (!holds)
        {
            _failures.Add($"{where}: {otherwise}");
        }
    }
}

/// <summary>What was tried, and what did not hold.</summary>
/// <param name="Changes">Writes and deletions of the life.</param>
/// <param name="CutPoints">Ways in which the power was cut in them.</param>
/// <param name="Formats">Times the file system was formatted.</param>
/// <param name="InOld">Nodes that ended in the old firmware.</param>
/// <param name="InNew">Nodes that ended in the new one.</param>
/// <param name="Failures">One sentence for each.</param>
public sealed record UpdateCutResult(int Changes, int CutPoints, int Formats, int InOld, int InNew, IReadOnlyList<string> Failures);
