using System.Security.Cryptography;
using DePin.Contracts;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;
using DePin.Host.Mqtt;
using DePin.Host.Platform;
using DePin.Node.Uplink;
using DePin.Tests.Support;

namespace DePin.Tests.Updates;

/// <summary>A registered node on a real MQTT connection, that does with releases what a test says.</summary>
internal sealed class UpdateNode : IAsyncDisposable
{
    /// <summary>What <see cref="TestNode"/> signs its batches with.</summary>
    public static readonly byte[] OldFirmware = [1, 2, 3, 4, 5, 6, 7, 8];

    private readonly PlatformDigest _digest = new();
    private readonly MqttLink _link;
    private readonly List<UpdateNotice> _notices = [];
    private readonly Dictionary<int, byte[]> _blocks = [];

    private UpdateNode(int port, TestNode node)
    {
        Node = node;
        _link = new MqttLink(GatewayAddress.Plain("127.0.0.1", port));
    }

    public TestNode Node { get; }

    public string Id => Node.Id.ToString();

    /// <summary>Counter of its last report.</summary>
    public long Counter { get; set; }

    public int Blocks => _blocks.Count;

    /// <summary>Logs in, and says what it runs.</summary>
    public static async Task<UpdateNode> ConnectAsync(int port, TestNode node, byte[]? firmware = null, long counter = 0)
    {
        var update = new UpdateNode(port, node) { Counter = counter };
        update._link.Connect(update.Id, node.Password, Topics.Of(update.Id, Topics.Status), Status.EncodeWill(node.Session));
        await Eventually.HoldsAsync(() => update._link.State == UplinkState.Up, "the node is let in", 60);
        update._link.Subscribe(Topics.Of(update.Id, Topics.Update));
        await update.SayAsync(firmware);
        return update;
    }

    /// <summary>Says how it is.</summary>
    public async Task SayAsync(byte[]? firmware = null)
    {
        Status status = Status.Create(Node.Session, firmware ?? OldFirmware);
        status.Sequence = Node.Next;
        await PublishAsync(Topics.Status, status.Encode());
    }

    /// <summary>Waits for a notice that fits, also one that came before; it is taken.</summary>
    public async Task<UpdateNotice> HearAsync(int kind, Func<UpdateNotice, bool>? fits = null)
    {
        UpdateNotice? found = null;
        await Eventually.HoldsAsync(
            () =>
            {
                Receive();
                found = _notices.FirstOrDefault(notice => notice.Kind == kind && (fits is null || fits(notice)));
                return found is not null;
            },
            $"a notice of kind {kind} comes; there are {string.Join(", ", _notices.Select(notice => notice.Kind))}", 60);
        _notices.Remove(found!);
        return found!;
    }

    /// <summary>Whether a notice of a kind has come.</summary>
    public bool HasHeard(int kind)
    {
        Receive();
        return _notices.Exists(notice => notice.Kind == kind);
    }

    /// <summary>Asks for blocks.</summary>
    public void Ask(byte[] releaseId, int first, int count) =>
        _link.Publish(Topics.Of(Id, Topics.UpdateReport), new BlockRequest(Node.Session, releaseId, first, count).Encode(), 0);

    /// <summary>Asks for blocks up to one, eight at a time, and waits for them.</summary>
    public async Task DownloadAsync(byte[] releaseId, int from, int to)
    {
        for (int first = from; first < to; first += 8)
        {
            int count = Math.Min(8, to - first);
            Ask(releaseId, first, count);
            await Eventually.HoldsAsync(
                () =>
                {
                    Receive();
                    return Enumerable.Range(first, count).All(_blocks.ContainsKey);
                },
                $"the blocks {first} to {first + count - 1} come; notices: {string.Join(", ", _notices.Select(notice => notice.Kind))}", 60);
        }
    }

    /// <summary>What came, put together.</summary>
    public byte[] Bundle() => [.. _blocks.OrderBy(block => block.Key).SelectMany(block => block.Value)];

    /// <summary>Reports, signed, and waits until it is acknowledged.</summary>
    public Task ReportAsync(UpdateNotice offer, UpdateState state, UpdateReason reason = UpdateReason.None, byte[]? firmware = null, TestNode? signer = null, long? counter = null) =>
        PublishAsync(Topics.UpdateReport, Report(offer, state, reason, firmware, signer, counter));

    /// <summary>The signed bytes of a report.</summary>
    public byte[] Report(UpdateNotice offer, UpdateState state, UpdateReason reason = UpdateReason.None, byte[]? firmware = null, TestNode? signer = null, long? counter = null)
    {
        UpdateReport report = UpdateReport.Create(Node.Id, Node.Session, HashOf(offer), firmware ?? OldFirmware);
        report.Attempt = offer.Attempt;
        report.Counter = counter ?? ++Counter;
        report.State = state;
        report.Reason = reason;
        report.BlocksHeld = Blocks;
        report.Boot = 1;
        report.Sequence = Node.Next;
        return (signer ?? Node).Sign(UpdateReport.Context, report.Encode());
    }

    /// <summary>Says that it has the keys of a rotation.</summary>
    public Task ReportKeysAsync(byte[] rotation)
    {
        UpdateReport report = UpdateReport.Create(Node.Id, Node.Session, SHA256.HashData(rotation), OldFirmware);
        (report.Counter, report.State, report.Boot, report.Sequence) = (++Counter, UpdateState.Confirmed, 1, Node.Next);
        return PublishAsync(Topics.UpdateReport, Node.Sign(UpdateReport.Context, report.Encode()));
    }

    /// <summary>Publishes at QoS 1, and waits until it is acknowledged.</summary>
    public async Task PublishAsync(string part, byte[] message)
    {
        _link.Publish(Topics.Of(Id, part), message, 1);
        await Eventually.HoldsAsync(() => _link.Unacknowledged == 0, "the message is acknowledged", 60);
    }

    /// <summary>From the offer to a confirmation.</summary>
    public async Task UpdateAsync(byte[] bundle)
    {
        UpdateNotice offer = await HearAsync(UpdateNotice.Offer);
        await ReportAsync(offer, UpdateState.Accepted);
        await DownloadAsync(IdOf(offer), 0, UpdateLimits.BlocksOf(bundle.Length));
        Assert.Equal(bundle, Bundle());
        await ReportAsync(offer, UpdateState.Verified);
        await ReportAsync(offer, UpdateState.Trial, firmware: SHA256.HashData(bundle)[..8]);
        await ReportAsync(offer, UpdateState.Confirmed, firmware: SHA256.HashData(bundle)[..8]);
    }

    public static byte[] HashOf(UpdateNotice offer) => SHA256.HashData(SignedRelease.Decode(offer.Signed, out _)!.Envelope.CopyPayload());

    public static byte[] IdOf(UpdateNotice offer) => SignedRelease.Id(HashOf(offer));

    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private void Receive()
    {
        while (_link.Receive() is { } message)
        {
            if (!message.Topic.EndsWith(Topics.Update, StringComparison.Ordinal))
            {
                continue;
            }

            if (UpdateBlock.IsBlock(message.Payload))
            {
                UpdateBlock block = UpdateBlock.Decode(message.Payload, out _)!;
                _blocks[block.Index] = block.Bytes;
            }
            else
            {
                _notices.Add(UpdateNotice.Decode(SealedMessage.Open(_digest, Node.DownKey, message.Topic, message.Payload)!, out _)!);
            }
        }
    }
}
