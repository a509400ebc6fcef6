using System.Collections.Immutable;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Metering;
using DePin.Node.Outbox;
using DePin.Node.Signing;
using DePin.Node.Uplink;
using NodeCore = DePin.Node.Node;

namespace DePin.Host.PowerCuts;

/// <summary>
/// A node on a flash that can be cut, with what is known of it from outside: readings closed, counters then, payloads signed.
/// </summary>
internal sealed class CutNode : IClock, ISensors, ISigner, IEntropy
{
    private const int SecondsPerTick = 5;
    private const int PayloadsAt = 30;
    private static readonly PlatformDigest Digest = new();
    private readonly PlatformSigner _signer;
    private readonly NodeIdentity _identity;
    private readonly int _outboxBytes;
    private readonly Action<CutNode, FlashChange> _changing;
    private readonly Random _random = new(1);
    private int _stepsLeft;
    private byte[] _toBeSigned = [];

    /// <summary>Starts a node on what is on flash.</summary>
    public CutNode(PlatformSigner signer, NodeIdentity identity, int outboxBytes, ImmutableSortedDictionary<string, byte[]> files, SimulatedBackend backend, ImmutableDictionary<long, string> signed, Action<CutNode, FlashChange> changing, long closedSequence, Counters closedCounters)
    {
        _signer = signer;
        _identity = identity;
        _outboxBytes = outboxBytes;
        _changing = changing;
        Backend = backend;
        Signed = signed;
        ClosedSequence = closedSequence;
        ClosedCounters = closedCounters;
        Flash = new CutFlash(files, change => _changing(this, change));
        Core = Boot();
    }

    public SimulatedBackend Backend { get; }

    public CutFlash Flash { get; }

    public NodeCore Core { get; private set; }

    /// <summary>Payload hash by sequence number of all that was given to the signer.</summary>
    public ImmutableDictionary<long, string> Signed { get; private set; }

    /// <summary>Sequence number after the last reading that was closed before the tick that runs now.</summary>
    public long ClosedSequence { get; private set; }

    /// <summary>Counters then.</summary>
    public Counters ClosedCounters { get; private set; }

    /// <summary>Batches of the boots before this one that a full outbox dropped.</summary>
    public long DroppedBefore { get; private set; }

    /// <summary>Batches of the boots before this one that were set aside.</summary>
    public long SetAsideBefore { get; private set; }

    /// <summary>Breaches seen at the signer.</summary>
    public List<string> Failures { get; } = [];

    public long UptimeMilliseconds { get; private set; }

    public long LinkMilliseconds { get; private set; }

    public long UnixSeconds => Backend.UnixSeconds;

    public byte[] PublicKey => _signer.PublicKey;

    public void Run(int minutes)
    {
        for (int seconds = 0; seconds < minutes * 60; seconds += SecondsPerTick)
        {
            Tick();
        }
    }

    /// <summary>Goes on until all is delivered, two hours at most, and stops.</summary>
    public void Finish(int minutes)
    {
        Run(minutes);
        Core.Stop(this);
        for (int i = 0; i < 7200 && (Core.OutboxBatches > 0 || Core.IsSigning); i++)
        {
            LinkMilliseconds += 1000;
            Core.Tick(this);
        }
    }

    /// <summary>A restart, after an announced stop or without one.</summary>
    public void Restart(bool isAnnounced)
    {
        if (isAnnounced)
        {
            Core.Stop(this);
            Note();
        }

        DroppedBefore += Core.Counts.BatchesDropped;
        SetAsideBefore += Core.Counts.BatchesSetAside;
        Backend.Close();
        UptimeMilliseconds = 0;
        Core = Boot();
    }

    public void Sample(Sample sample)
    {
        sample.HarvestedMicrowatts = 20_000_000 + (int)(UptimeMilliseconds % 977_000);
        sample.DeliveredMicrowatts = 9_000_000 + (int)(UptimeMilliseconds % 331_000);
        sample.BatteryPermille = 800;
        sample.BatteryMillivolts = 3300;
        sample.Celsius = 25;
        sample.Flags = 0;
    }

    public void Start(byte[] toBeSigned)
    {
        _toBeSigned = toBeSigned;
        _stepsLeft = 3;
        _signer.Start(toBeSigned);
    }

    public bool Step()
    {
        if (--_stepsLeft > 0)
        {
            return false;
        }

        NoteSigned();
        return _signer.Step();
    }

    public byte[] Signature() => _signer.Signature();

    public void Fill(byte[] bytes) => _random.NextBytes(bytes);

    private NodeCore Boot() => new(_identity, 1, [1, 2, 3, 4, 5, 6, 7, 8], this, this, Digest, Flash, Backend, this, _outboxBytes);

    private void Tick()
    {
        UptimeMilliseconds += SecondsPerTick * 1000;
        LinkMilliseconds += SecondsPerTick * 1000;
        Backend.UnixSeconds += SecondsPerTick;
        long before = Core.Sequence;
        Core.Tick(this);
        if (Core.Sequence != before)
        {
            Note();
        }
    }

    private void Note()
    {
        ClosedSequence = Core.Sequence;
        ClosedCounters = Core.Counters;
    }

    // Sig_structure [ "Signature1", protected, context, payload ]: the payload is its tail, behind a head of 2 or 3 bytes.
    private void NoteSigned()
    {
        CborReader reader = new(_toBeSigned, PayloadsAt, _toBeSigned.Length - PayloadsAt);
        int length = reader.SkipBytes(1, MeteringLimits.SignedBatchBytes);
        Batch? batch = reader.Finish() ? Batch.Decode(_toBeSigned, _toBeSigned.Length - length, length, out _) : null;
        if (batch is null)
        {
            return;
        }

        string hash = Convert.ToHexString(Digest.Sha256(_toBeSigned, _toBeSigned.Length - length, length));
        for (long sequence = batch.Sequence; sequence < batch.NextSequence; sequence++)
        {
            if (Signed.TryGetValue(sequence, out string? known) && known != hash)
            {
                Failures.Add($"{sequence} was signed twice with different content");
            }

            Signed = Signed.SetItem(sequence, hash);
        }
    }
}
