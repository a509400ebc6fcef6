using System.Net.Http.Json;
using System.Text.Json;
using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Fleet.Ingest;
using DePin.Tests.Support;

namespace DePin.Tests.Ingest;

/// <summary>Each row of the table "the backend's answer to a batch" in FORMATS.md.</summary>
public sealed class IngestTests : IAsyncLifetime
{
    private readonly TestNode _node = new();
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
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task The_next_batch_is_stored_as_it_came_and_answered_with_where_the_chain_stands()
    {
        byte[] batch = _node.SignNext();
        Receipt receipt = await ReceiptAsync(batch);

        Assert.Equal(13, receipt.Next);
        Assert.Equal(_node.Head, receipt.Head);
        Assert.True(receipt.Counters.IsSameAs(_node.Counters));
        Assert.Equal(_node.Session, receipt.Header.Session);
        Assert.Equal(batch, await _backend.Http.GetByteArrayAsync($"/api/nodes/{_node.Id}/batches/1", Cancel));
        Assert.Equal(new[] { 1L }, await StoredSequencesAsync());
    }

    [Theory]
    [InlineData("batches/2", 404, "No batch of this node begins with reading 2.")]
    [InlineData("evidence/aabb", 400, "64 hex digits")]
    [InlineData("evidence/0000000000000000000000000000000000000000000000000000000000000000", 404, "No batch with this payload")]
    public async Task Who_asks_for_signed_bytes_that_are_not_there_hears_why(string path, int status, string reason)
    {
        await ReceiptAsync(_node.SignNext());
        using HttpResponseMessage answer = await _backend.Http.GetAsync($"/api/nodes/{_node.Id}/{path}", Cancel);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(reason, await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        using HttpResponseMessage stranger = await _backend.Http.GetAsync($"/api/nodes/0000000000000000/{path}", Cancel);
        Assert.Equal(404, (int)stranger.StatusCode);
        Assert.Contains("There is no node", await stranger.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_that_is_stored_already_is_answered_again_and_stored_once()
    {
        byte[] first = _node.SignNext();
        byte[] second = _node.SignNext();
        await ReceiptAsync(first);
        await ReceiptAsync(second);
        Receipt again = await ReceiptAsync(first);

        Assert.Equal(25, again.Next);
        Assert.Equal(new[] { 1L, 13L }, await StoredSequencesAsync());
    }

    [Fact]
    public async Task A_batch_that_comes_twice_in_one_group_is_stored_once()
    {
        byte[] batch = _node.SignNext();
        for (int i = 0; i < 20; i++)
        {
            await _sink.SubmitAsync(batch);
        }

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(13, _node.OpenReceipt((await _sink.NextAsync())!.SealedMessage).Next);
        }

        Assert.Equal(new[] { 1L }, await StoredSequencesAsync());
    }

    [Fact]
    public async Task A_batch_ahead_of_the_chain_is_not_stored_and_the_receipt_says_what_is_missing()
    {
        _node.SignNext();
        Receipt receipt = await ReceiptAsync(_node.SignNext());

        Assert.Equal(1, receipt.Next);
        Assert.Empty(await StoredSequencesAsync());
    }

    [Fact]
    public async Task A_batch_that_follows_a_declared_gap_is_stored_with_the_gap_and_is_the_new_base()
    {
        await ReceiptAsync(_node.SignNext());
        _node.SignNext();
        byte[] after = _node.SignNext();
        Receipt declared = _node.OpenReceipt((await _sink.AskAsync(_node.SignGap(13, after), IncomingKind.Gap)).SealedMessage);
        Assert.Equal(13, declared.Next);

        Receipt stored = await ReceiptAsync(after);
        Assert.Equal(37, stored.Next);
        Assert.True(stored.Counters.IsSameAs(_node.Counters));
        JsonElement batches = await _backend.Http.GetFromJsonAsync<JsonElement>($"/api/nodes/{_node.Id}/batches", Cancel);
        Assert.Equal(13, batches.GetProperty("items")[1].GetProperty("gapFromSequence").GetInt64());
    }

    [Fact]
    public async Task A_gap_of_an_older_login_or_from_another_place_declares_nothing()
    {
        await ReceiptAsync(_node.SignNext());
        _node.SignNext();
        byte[] after = _node.SignNext();
        foreach (byte[] gap in new[] { _node.SignGap(13, after, session: new byte[8]), _node.SignGap(12, after), _node.SignGap(14, after) })
        {
            Assert.Equal(13, _node.OpenReceipt((await _sink.AskAsync(gap, IncomingKind.Gap)).SealedMessage).Next);
        }

        Assert.Equal(13, (await ReceiptAsync(after)).Next);
    }

    [Fact]
    public async Task Two_copies_of_one_node_are_found_and_both_signed_versions_kept_and_the_node_suspended()
    {
        await ReceiptAsync(_node.SignNext());
        Batch other = _node.BuildNext(delivered: 300);
        byte[] mine = _node.SignNext();
        await ReceiptAsync(mine);
        byte[] theirs = _node.Sign(SignedMessage.BatchContext, other.Encode());
        Reject reject = await RejectAsync(theirs);

        Assert.Equal(RejectReason.Fork, reject.Reason);
        Assert.Equal(13, reject.Sequence);
        Assert.Equal(mine, await _backend.Http.GetByteArrayAsync($"/api/nodes/{_node.Id}/batches/13", Cancel));
        Assert.Equal(theirs, await _backend.Http.GetByteArrayAsync($"/api/nodes/{_node.Id}/evidence/{Convert.ToHexStringLower(reject.Hash)}", Cancel));
        JsonElement view = await _backend.Http.GetFromJsonAsync<JsonElement>($"/api/nodes/{_node.Id}", Cancel);
        Assert.Equal("fork", view.GetProperty("suspendedReason").GetString());
        Assert.Equal(25, (await ReceiptAsync(mine)).Next);
    }

    [Fact]
    public async Task A_batch_with_the_next_sequence_and_another_past_is_a_fork()
    {
        await ReceiptAsync(_node.SignNext());
        _node.Head = new byte[32];
        Assert.Equal(RejectReason.Fork, (await RejectAsync(_node.SignNext())).Reason);
    }

    [Fact]
    public async Task A_batch_inside_a_declared_gap_is_rejected_before_and_after_the_gap_is_closed()
    {
        byte[] lost = _node.SignNext();
        byte[] after = _node.SignNext();
        await _sink.AskAsync(_node.SignGap(1, after), IncomingKind.Gap);
        Assert.Equal(RejectReason.InsideGap, (await RejectAsync(lost)).Reason);
        await ReceiptAsync(after);
        Assert.Equal(RejectReason.InsideGap, (await RejectAsync(lost)).Reason);
    }

    [Fact]
    public async Task Evidence_is_bounded_for_each_node()
    {
        byte[][] branches = [.. Enumerable.Range(0, 12).Select(i => _node.Sign(SignedMessage.BatchContext, _node.BuildNext(delivered: 100 + i).Encode()))];
        await ReceiptAsync(_node.SignNext());
        foreach (byte[] branch in branches)
        {
            Assert.Equal(RejectReason.Fork, (await RejectAsync(branch)).Reason);
        }

        Assert.Equal(8, (await _backend.Http.GetFromJsonAsync<JsonElement>($"/api/nodes/{_node.Id}/evidence", Cancel)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_batch_that_is_refused_never_blocks_those_behind_it()
    {
        byte[] first = _node.SignNext();
        byte[] bent = [.. _node.SignNext()];
        bent[^1] ^= 1;
        Batch rejected = Batch.Decode(SignedMessage.Decode(bent, 16384, out _)!.CopyPayload(), 0, SignedMessage.Decode(bent, 16384, out _)!.PayloadLength, out _)!;
        Assert.Equal(13, rejected.Sequence);
        byte[] behind = _node.SignNext();
        await ReceiptAsync(first);
        Assert.Equal(RejectReason.BadSignature, (await RejectAsync(bent)).Reason);
        await _sink.AskAsync(_node.SignGap(13, behind), IncomingKind.Gap);

        Assert.Equal(37, (await ReceiptAsync(behind)).Next);
        Assert.Equal(new[] { 1L, 25L }, await StoredSequencesAsync());
    }

    [Fact]
    public async Task A_week_of_batches_that_comes_at_once_is_stored_in_order()
    {
        byte[][] week = [.. Enumerable.Range(0, 168).Select(_ => _node.SignNext())];
        foreach (byte[] batch in week)
        {
            await _sink.SubmitAsync(batch);
        }

        Receipt? last = null;
        foreach (byte[] _ in week)
        {
            Receipt receipt = _node.OpenReceipt((await _sink.NextAsync())!.SealedMessage);
            Assert.True(last is null || receipt.Header.Counter > last.Header.Counter);
            last = receipt;
        }

        Assert.Equal(_node.Next, last!.Next);
        Assert.Equal(_node.Head, last.Head);
        Assert.Equal(Enumerable.Range(0, 168).Select(i => 1L + (12 * i)), await StoredSequencesAsync());
    }

    [Fact]
    public async Task A_restart_goes_on_where_the_chain_stood_with_its_gap_and_higher_counters()
    {
        Receipt before = await ReceiptAsync(_node.SignNext());
        _node.SignNext();
        byte[] after = _node.SignNext();
        await _sink.AskAsync(_node.SignGap(13, after), IncomingKind.Gap);
        await _backend.RestartAsync();
        var node = _backend.Part<DePin.Fleet.Nodes.NodeDirectory>().Find(_node.Id)!;
        var ingest = _backend.Part<IngestPipeline>();

        Receipt current = _node.OpenReceipt(await ingest.SealReceiptAsync(node, _node.Session, Cancel));
        Assert.Equal(13, current.Next);
        Assert.Equal(before.Head, current.Head);
        Assert.True(current.Header.Counter > before.Header.Counter);
        Receipt stored = _node.OpenReceipt((await new CollectingSink(ingest, node, _node.Session).AskAsync(after)).SealedMessage);
        Assert.Equal(37, stored.Next);
    }

    [Fact]
    public async Task Receipts_for_subscriptions_never_repeat_a_counter()
    {
        var node = _backend.Part<DePin.Fleet.Nodes.NodeDirectory>().Find(_node.Id)!;
        var ingest = _backend.Part<IngestPipeline>();
        byte[][] receipts = await Task.WhenAll(Enumerable.Range(0, 3000).Select(_ => Task.Run(async () => await ingest.SealReceiptAsync(node, _node.Session, Cancel))));
        Assert.Equal(3000, receipts.Select(receipt => _node.OpenReceipt(receipt).Header.Counter).Distinct().Count());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<Receipt> ReceiptAsync(byte[] batch)
    {
        Answer answer = await _sink.AskAsync(batch);
        Assert.Equal((Topics.Receipt, null), (answer.Topic, answer.Reason));
        return _node.OpenReceipt(answer.SealedMessage);
    }

    private async Task<Reject> RejectAsync(byte[] batch)
    {
        Answer answer = await _sink.AskAsync(batch);
        Assert.Equal(Topics.Reject, answer.Topic);
        Reject reject = _node.OpenReject(answer.SealedMessage);
        Assert.Equal(answer.Reason, reject.Reason);
        return reject;
    }

    private async Task<long[]> StoredSequencesAsync()
    {
        JsonElement batches = await _backend.Http.GetFromJsonAsync<JsonElement>($"/api/nodes/{_node.Id}/batches?limit=1000", Cancel);
        return [.. batches.GetProperty("items").EnumerateArray().Select(batch => batch.GetProperty("sequence").GetInt64())];
    }
}
