using System.Security.Cryptography;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Moving;
using DePin.Contracts.Pairing;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;
using DePin.Host.Platform;
using DePin.Node;

namespace DePin.Tests.Node.Fakes;

/// <summary>
/// The backend's rules as the formats tell them, written a second time for the tests: what it stores is whole, or the test fails.
/// Nodes reach it over a <see cref="FakeLink"/> each.
/// </summary>
internal sealed class FakeBackend : IDisposable
{
    private static readonly PlatformDigest Digest = new();
    private readonly NodeIdentity _identity;
    private readonly ECDsa _key;
    private long _counter;
    private byte[] _session = new byte[Session.Size];
    private Gap? _pending;

    public FakeBackend(NodeIdentity identity, byte[] publicKey)
    {
        _identity = identity;
        _key = ECDsa.Create(CompressedPoint.Decompress(publicKey)!.Value);
    }

    /// <summary>Batches stored, in order.</summary>
    public List<Batch> Stored { get; private set; } = [];

    /// <summary>Gaps whose following batch was stored.</summary>
    public List<Gap> Gaps { get; private set; } = [];

    /// <summary>Batches that contradict what was stored before.</summary>
    public List<Batch> Evidence { get; } = [];

    /// <summary>Statuses that came.</summary>
    public List<Status> Statuses { get; } = [];

    /// <summary>Answers to a pairing's challenge that came, resent ones too; their signatures are right.</summary>
    public List<PairAnswer> Answers { get; } = [];

    /// <summary>Reports on changes of where the node belongs; their signatures are right.</summary>
    public List<SettingsReport> SettingsReports { get; } = [];

    /// <summary>The session that the last status named.</summary>
    public byte[] CurrentSession => _session;

    /// <summary>Batches and gaps that came, whatever became of them.</summary>
    public int Messages { get; private set; }

    /// <summary>Says nothing, and stores nothing.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Answers, but stores nothing.</summary>
    public bool IsFull { get; set; }

    /// <summary>Refuses a batch for a reason that lies in the test alone.</summary>
    public Func<Batch, RejectReason?> Refuses { get; set; } = _ => null;

    /// <summary>Whether gaps are refused.</summary>
    public bool RefusesGaps { get; set; }

    /// <summary>Unix seconds of the backend's clock.</summary>
    public long UnixSeconds { get; set; }

    public long Next { get; private set; } = 1;

    public bool IsCreditHeld { get; set; }

    public byte[] Head { get; private set; } = new byte[Batch.HashSize];

    public Counters Closing { get; private set; } = new(0, 0, 0);

    public IEnumerable<Reading> Readings => Stored.SelectMany(batch => batch.Readings);

    /// <summary>Goes back to the first batches it stored, as after a restored backup; the counter of sealed messages stays.</summary>
    public void RestoreTo(int batches)
    {
        Stored = Stored[..batches];
        Gaps = [];
        _pending = null;
        Next = batches == 0 ? 1 : Stored[^1].NextSequence;
        Head = batches == 0 ? new byte[Batch.HashSize] : SHA256.HashData(Stored[^1].Encode());
        Closing = batches == 0 ? new Counters(0, 0, 0) : Stored[^1].Closing();
    }

    /// <summary>Takes a message and gives the answer to the link it came on.</summary>
    public void Take(string part, byte[] message, FakeLink link)
    {
        if (IsSilent)
        {
            return;
        }

        if (part == Topics.Status)
        {
            Status status = Status.Decode(message, out DecodeError _)!;
            Assert.False(status.IsOffline);
            Statuses.Add(status);
            _session = status.Session;
            link.Deliver(Topics.Receipt, SealReceipt());
            return;
        }

        if (part == Topics.PairAnswer)
        {
            byte[] payload = Open(message, SignedMessage.PairContext);
            PairAnswer? answer = PairAnswer.Decode(payload, 0, payload.Length, out DecodeError error);
            Assert.True(answer is not null, $"an answer that cannot be read: {error}");
            Answers.Add(answer);
            return;
        }

        if (part == Topics.SettingsReport)
        {
            byte[] payload = Open(message, SettingsChange.Context);
            Assert.InRange(message.Length, 1, SettingsReport.MaxBytes);
            SettingsReports.Add(SettingsReport.Decode(payload, 0, payload.Length, out DecodeError _)!);
            return;
        }

        Messages++;
        Reject? reject = part == Topics.Batch ? TakeBatch(message) : TakeGap(message);
        if (reject is null)
        {
            link.Deliver(Topics.Receipt, SealReceipt());
        }
        else
        {
            link.Deliver(Topics.Reject, Seal(Topics.Reject, reject.Encode()));
        }
    }

    /// <summary>A receipt for what is stored now.</summary>
    public byte[] SealReceipt() => Seal(Topics.Receipt, new Receipt(Header(), Next, Head, Closing, UnixSeconds, IsCreditHeld).Encode());

    /// <summary>A config for this login.</summary>
    public byte[] SealConfig(long version, int slotSeconds, int batchReadings, int statusSeconds) =>
        Seal(Topics.Config, new Config(Header(), version, slotSeconds, batchReadings, statusSeconds).Encode());

    /// <summary>An order to move, for this login.</summary>
    public byte[] SealSettings(byte[] signed) => Seal(Topics.SettingsOrder, new SettingsOrder(Header(), signed).Encode());

    /// <summary>A word on a pairing; for this login and with a counter that rises where none is named.</summary>
    public byte[] SealPair(int kind, byte[] nonce, int presses = 3, int seconds = 120, int reason = 0, byte[]? session = null)
    {
        var header = new DownHeader(_identity.Id, session ?? _session, ++_counter);
        return Seal(Topics.PairChallenge, new PairChallenge(header, kind, nonce, SHA256.HashData(nonce), presses, seconds, reason).Encode());
    }

    /// <summary>A receipt as it would be for another place in the chain, under a chosen session and counter.</summary>
    public byte[] SealReceipt(long next, byte[] session, long counter) =>
        Seal(Topics.Receipt, new Receipt(new DownHeader(_identity.Id, session, counter), next, new byte[Batch.HashSize], new Counters(0, 0, 0), 0, IsCreditHeld).Encode());

    public void Dispose() => _key.Dispose();

    private DownHeader Header() => new(_identity.Id, _session, ++_counter);

    private byte[] Seal(string part, byte[] payload) => SealedMessage.Seal(Digest, _identity.DownKey, Topics.Of(_identity.Id.ToString(), part), payload);

    private Reject? TakeBatch(byte[] bytes)
    {
        byte[] payload = Open(bytes, SignedMessage.BatchContext);
        Batch? batch = Batch.Decode(payload, 0, payload.Length, out DecodeError error);
        Assert.True(batch is not null, $"a batch that cannot be read: {error}");
        byte[] hash = SHA256.HashData(payload);
        if (Refuses(batch) is { } reason)
        {
            return new Reject(Header(), batch.Sequence, hash, reason);
        }

        return IsFull ? null : Place(batch, hash);
    }

    private Reject? Place(Batch batch, byte[] hash)
    {
        if (_pending is { } gap && batch.Sequence >= gap.From)
        {
            if (batch.Sequence <= gap.To)
            {
                return Contradiction(batch, hash, RejectReason.InsideGap);
            }

            if (batch.Sequence == gap.To + 1 && hash.AsSpan().SequenceEqual(gap.NextHash))
            {
                Assert.True(gap.Counters.IsSameAs(batch.Opening), "the gap told the counters of the batch behind it");
                Gaps.Add(gap);
                Store(batch, hash);
            }

            return null;
        }

        if (batch.Sequence > Next)
        {
            return null;
        }

        if (batch.Sequence < Next)
        {
            bool isKnown = Stored.Exists(stored => SHA256.HashData(stored.Encode()).AsSpan().SequenceEqual(hash));
            return isKnown ? null : Contradiction(batch, hash, RejectReason.Fork);
        }

        if (!batch.Previous.AsSpan().SequenceEqual(Head))
        {
            return Contradiction(batch, hash, RejectReason.Fork);
        }

        Assert.True(batch.Opening.IsSameAs(Closing), $"batch {batch.Sequence} opens with the counters the one before closed with");
        Store(batch, hash);
        return null;
    }

    private void Store(Batch batch, byte[] hash)
    {
        _pending = null;
        Stored.Add(batch);
        Next = batch.NextSequence;
        Head = hash;
        Closing = batch.Closing();
    }

    private Reject Contradiction(Batch batch, byte[] hash, RejectReason reason)
    {
        Evidence.Add(batch);
        return new Reject(Header(), batch.Sequence, hash, reason);
    }

    private Reject? TakeGap(byte[] bytes)
    {
        byte[] payload = Open(bytes, SignedMessage.GapContext);
        Gap gap = Gap.Decode(payload, 0, payload.Length, out DecodeError _)!;
        if (RefusesGaps)
        {
            return new Reject(Header(), 0, SHA256.HashData(bytes), RejectReason.Malformed);
        }

        Assert.True(Session.AreEqual(gap.Session, _session), "the gap is of this login");
        Assert.Equal(Next, gap.From);
        _pending = gap;
        return null;
    }

    private byte[] Open(byte[] bytes, string context)
    {
        SignedMessage message = SignedMessage.Decode(bytes, MeteringLimits.SignedBatchBytes, out DecodeError _)!;
        byte[] payload = message.CopyPayload();
        byte[] toBeSigned = SignedMessage.ToBeSigned(context, payload, 0, payload.Length);
        Assert.True(_key.VerifyData(toBeSigned, message.CopySignature(), HashAlgorithmName.SHA256), "the signature is the node's");
        return payload;
    }
}
