using System.Security.Cryptography;
using System.Text;
using DePin.Contracts;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;
using DePin.Host.Platform;

namespace DePin.Tests.Support;

/// <summary>
/// A node as far as the backend can tell: a key, a secret, and a chain of signed batches. It does as the test says, also what no
/// real node would.
/// </summary>
internal sealed class TestNode : IDisposable
{
    private static readonly PlatformDigest Digest = new();

    private static int _made;

    // No two batteries are alike: nodes that measured the very same would be copies of one another.
    private readonly int _millivolts = 3200 + (Interlocked.Increment(ref _made) % 400);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(NodeSecret.Size);

    public TestNode()
    {
        PublicKey = CompressedPoint.Compress(_key.ExportParameters(includePrivateParameters: false).Q);
        Id = NodeId.FromKeyHash(SHA256.HashData(PublicKey));
        Password = NodeSecret.LoginPassword(Digest, _secret);
        DownKey = NodeSecret.DownKey(Digest, _secret);
    }

    public NodeId Id { get; }

    public byte[] PublicKey { get; }

    public string Password { get; }

    public byte[] DownKey { get; }

    /// <summary>The session it would announce in its status.</summary>
    public byte[] Session { get; set; } = RandomNumberGenerator.GetBytes(DePin.Contracts.Uplink.Session.Size);

    /// <summary>Sequence of the next batch.</summary>
    public long Next { get; set; } = 1;

    /// <summary>Payload hash of the last batch.</summary>
    public byte[] Head { get; set; } = new byte[Batch.HashSize];

    /// <summary>Counters where the next batch opens.</summary>
    public Counters Counters { get; set; } = new(0, 0, 0);

    /// <summary>When the next batch opens.</summary>
    public long OpensUnixSeconds { get; set; } = 1_790_000_000;

    /// <summary>The next batch of the chain, signed. The chain goes on from it.</summary>
    public byte[] SignNext(int readings = 12, int delivered = 250)
    {
        return SignWith(_ => { }, readings, delivered);
    }

    /// <summary>The same, changed before it is signed.</summary>
    public byte[] SignWith(Action<Batch> change, int readings = 12, int delivered = 250)
    {
        Batch batch = BuildNext(readings, delivered);
        change(batch);
        byte[] payload = batch.Encode();
        Head = SHA256.HashData(payload);
        Next = batch.NextSequence;
        Counters = batch.Closing();
        OpensUnixSeconds += batch.Seconds();
        return Sign(SignedMessage.BatchContext, payload);
    }

    /// <summary>The next batch, not signed; the chain stays where it is.</summary>
    public Batch BuildNext(int readings = 12, int delivered = 250, Reading[]? content = null)
    {
        content ??= [.. Enumerable.Range(0, readings).Select(i => new Reading
        {
            Seconds = 300,
            // So little that no hour of the night speaks against it, and never the same twice.
            HarvestedMilliwattHours = 20 + ((Next + i) % 2),
            DeliveredMilliwattHours = delivered,
            BatteryPermille = 700,
            BatteryMillivolts = _millivolts,
            Celsius = 27,
        })];
        Batch batch = Batch.Create(Id, [1, 2, 3, 4, 5, 6, 7, 8], Head, Counters, content);
        batch.Boot = 1;
        batch.Sequence = Next;
        batch.OpenedUnixSeconds = OpensUnixSeconds;
        batch.UptimeSeconds = 300 * Next;
        batch.Clock = ClockState.Fresh;
        batch.Profile = 1;
        return batch;
    }

    /// <summary>Declares everything from <paramref name="from"/> to the sequence before <paramref name="following"/> as lost.</summary>
    public byte[] SignGap(long from, byte[] following, byte[]? session = null)
    {
        SignedMessage message = SignedMessage.Decode(following, MeteringLimits.SignedBatchBytes, out _)!;
        byte[] payload = message.CopyPayload();
        Batch batch = Batch.Decode(payload, 0, payload.Length, out _)!;
        Gap gap = Gap.Create(Id, session ?? Session, batch.Opening, SHA256.HashData(payload));
        gap.From = from;
        gap.To = batch.Sequence - 1;
        gap.Reason = GapReason.Lost;
        return Sign(SignedMessage.GapContext, gap.Encode());
    }

    /// <summary>Signs a payload under a context.</summary>
    public byte[] Sign(string context, byte[] payload)
    {
        byte[] signature = _key.SignData(SignedMessage.ToBeSigned(context, payload, 0, payload.Length), HashAlgorithmName.SHA256);
        SignatureForm.MakeLow(signature);
        return SignedMessage.Encode(Id, payload, signature);
    }

    /// <summary>A sealed receipt, opened and decoded; fails where the seal is not the backend's.</summary>
    public Receipt OpenReceipt(byte[] sealedMessage)
    {
        byte[]? payload = SealedMessage.Open(Digest, DownKey, Topics.Of(Id.ToString(), Topics.Receipt), sealedMessage);
        Assert.NotNull(payload);
        Receipt? receipt = Receipt.Decode(payload, out _);
        Assert.NotNull(receipt);
        Assert.Equal(Id, receipt.Header.Node);
        return receipt;
    }

    /// <summary>A sealed reject, opened and decoded; fails where the seal is not the backend's.</summary>
    public Reject OpenReject(byte[] sealedMessage)
    {
        byte[]? payload = SealedMessage.Open(Digest, DownKey, Topics.Of(Id.ToString(), Topics.Reject), sealedMessage);
        Assert.NotNull(payload);
        Reject? reject = Reject.Decode(payload, out _);
        Assert.NotNull(reject);
        Assert.Equal(Id, reject.Header.Node);
        return reject;
    }

    /// <summary>What registers it.</summary>
    public NodeRequest Registration(string profile = "lamp-small", string place = "Kisumu 12") => new(
        Convert.ToHexStringLower(PublicKey),
        Password,
        Convert.ToHexStringLower(DownKey),
        profile,
        "amina",
        "ngo-1",
        place,
        -0.09,
        34.77,
        new AgreementRequest(7000, 3000));

    /// <summary>The node as the directory holds it, for parts that need no database row.</summary>
    public RegisteredNode Registered(long rowId = 1) => new()
    {
        RowId = rowId,
        Id = Id,
        IdText = Id.ToString(),
        PublicKey = PublicKey,
        PasswordHash = SHA256.HashData(Encoding.ASCII.GetBytes(Password)),
        DownKey = DownKey,
        Profile = 1,
    };

    public void Dispose() => _key.Dispose();
}
