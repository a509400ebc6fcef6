using System.Data.Common;
using System.Security.Cryptography;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Fleet.Ingest;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

namespace DePin.Tests.Ingest;

/// <summary>Messages that are refused for their bytes: named as a whole, counted by reason, and kept in part.</summary>
public sealed class RefusedMessageTests : IAsyncLifetime
{
    private readonly TestNode _node = new();
    private readonly TestNode _other = new();
    private RunningBackend _backend = null!;
    private CollectingSink _sink = null!;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync();
        _sink = new CollectingSink(_backend.Part<IngestPipeline>(), await _backend.RegisterAsync(_node), _node.Session);
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        _other.Dispose();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_flipped_signature_is_refused_although_the_curve_accepts_it()
    {
        byte[] message = _node.SignNext();
        byte[] flipped = [.. message];
        byte[] order = SignatureForm.Order();
        int borrow = 0;
        for (int i = 31; i >= 0; i--)
        {
            int difference = order[i] - message[^(32 - i)] - borrow;
            borrow = difference < 0 ? 1 : 0;
            flipped[^(32 - i)] = (byte)difference;
        }

        await RefusedAsync(flipped, RejectReason.BadSignature);
        Assert.Null((await _sink.AskAsync(message)).Reason);
    }

    [Fact]
    public async Task Rubbish_an_empty_message_and_cut_bytes_are_malformed()
    {
        byte[] message = _node.SignNext();
        await RefusedAsync([], RejectReason.Malformed);
        await RefusedAsync([0xD2, 0x84], RejectReason.Malformed);
        await RefusedAsync(message[..^1], RejectReason.Malformed);
        await RefusedAsync([.. message, 0], RejectReason.Malformed);
        Assert.Equal(4, _backend.Part<IngestMetrics>().Rejected(RejectReason.Malformed));
    }

    [Fact]
    public async Task Signed_bytes_that_are_no_batch_are_malformed() =>
        await RefusedAsync(_node.Sign(SignedMessage.BatchContext, [0x80]), RejectReason.Malformed);

    [Fact]
    public async Task A_message_over_the_limit_is_too_large()
    {
        await RefusedAsync(new byte[MeteringLimits.SignedBatchBytes + 1], RejectReason.TooLarge);
        await RefusedAsync(new byte[MeteringLimits.SignedGapBytes + 1], RejectReason.TooLarge, IncomingKind.Gap);
    }

    [Fact]
    public async Task Another_nodes_batch_is_refused_on_this_connection() => await RefusedAsync(_other.SignNext(), RejectReason.WrongNode);

    [Fact]
    public async Task Another_nodes_id_inside_an_own_signature_is_refused() =>
        await RefusedAsync(_node.Sign(SignedMessage.BatchContext, _other.BuildNext().Encode()), RejectReason.WrongNode);

    [Fact]
    public async Task A_signature_made_for_another_purpose_is_refused()
    {
        byte[] payload = _node.BuildNext().Encode();
        await RefusedAsync(_node.Sign(SignedMessage.GapContext, payload), RejectReason.BadSignature);
        byte[] gap = _node.SignGap(1, _node.SignNext());
        await RefusedAsync(gap, RejectReason.BadSignature);
        await RefusedAsync(_node.Sign(SignedMessage.BatchContext, SignedMessage.Decode(gap, 512, out _)!.CopyPayload()), RejectReason.BadSignature, IncomingKind.Gap);
    }

    [Fact]
    public async Task Any_bent_byte_of_the_payload_breaks_the_signature()
    {
        byte[] message = _node.SignNext();
        int payload = SignedMessage.Decode(message, MeteringLimits.SignedBatchBytes, out _)!.PayloadOffset;
        for (int i = payload; i < payload + 20; i++)
        {
            byte[] bent = [.. message];
            bent[i] ^= 0x20;
            await RefusedAsync(bent, RejectReason.BadSignature);
        }
    }

    [Fact]
    public async Task The_quarantine_keeps_the_beginning_of_sixteen_a_day()
    {
        for (int i = 0; i < 20; i++)
        {
            await RefusedAsync([.. Enumerable.Repeat((byte)i, 6000)], RejectReason.Malformed);
        }

        using DbConnection reader = _backend.Part<Database>().OpenReader();
        using DbCommand command = reader.CreateCommand();
        command.CommandText = "SELECT count(*) || ' of ' || max(length(first_bytes)) || ' bytes, ' || sum(length(first_bytes)) || ' in all' FROM quarantine";
        Assert.Equal("16 of 4096 bytes, 65536 in all", command.ExecuteScalar());
    }

    // Without a valid signature the payload vouches for nothing: the reject names the message.
    private async Task RefusedAsync(byte[] message, RejectReason reason, IncomingKind kind = IncomingKind.Batch)
    {
        Reject reject = _node.OpenReject((await _sink.AskAsync(message, kind)).SealedMessage);
        Assert.Equal(reason, reject.Reason);
        Assert.Equal(0, reject.Sequence);
        Assert.Equal(SHA256.HashData(message), reject.Hash);
    }
}
