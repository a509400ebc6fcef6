using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using DePin.Contracts;
using DePin.Contracts.Moving;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Fleet;
using DePin.Fleet.Ingest;
using DePin.Fleet.Instances;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Fleet.Updates;
using DePin.Tests.Gateway;
using DePin.Tests.Support;
using Microsoft.AspNetCore.DataProtection;

namespace DePin.Tests.Instances;

/// <summary>Several instances over one PostgreSQL are one backend to nodes and people.</summary>
public sealed class SeveralInstancesTests(InstancesRig.Pair pair) : IAsyncLifetime, IClassFixture<InstancesRig.Pair>
{
    private readonly TestNode _node = new();
    private readonly InstancesRig _rig = pair.Rig;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private RunningBackend One => _rig[0];

    private RunningBackend Other => _rig[1];

    public async ValueTask InitializeAsync() => await One.RegisterAsync(_node);

    public ValueTask DisposeAsync()
    {
        _node.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_chain_goes_on_wherever_the_node_connects_and_counters_rise()
    {
        List<Receipt> receipts = [];
        foreach (RunningBackend instance in (RunningBackend[])[Other, One, Other, One])
        {
            (MqttSocket client, Receipt first) = await InstancesRig.LogInAsync(instance, _node);
            Assert.Equal(_node.Next, first.Next);
            receipts.AddRange([first, await InstancesRig.SendNextAsync(client, _node)]);
            await client.DisposeAsync();
        }

        Assert.Equal([1, 13, 13, 25, 25, 37, 37, 49], receipts.Select(receipt => receipt.Next));
        Assert.Equal(receipts.Select(receipt => receipt.Header.Counter).Order(), receipts.Select(receipt => receipt.Header.Counter));
        Assert.Equal(receipts.Count, receipts.Select(receipt => receipt.Header.Counter).Distinct().Count());
        Assert.Equal(4, Mine("SELECT count(*) FROM batch"));
    }

    [Fact]
    public async Task Batches_that_two_instances_take_at_the_same_time_are_stored_once_and_credited_once()
    {
        byte[][] batches = [.. Enumerable.Range(0, 40).Select(_ => _node.SignNext())];
        var sinks = new[] { One, Other }.Select(instance => new CollectingSink(instance.Part<IngestPipeline>(), instance.Part<NodeDirectory>().Find(_node.Id)!, _node.Session)).ToArray();
        await Task.WhenAll(sinks.Select(async sink =>
        {
            foreach (byte[] batch in batches)
            {
                await sink.AskAsync(batch);
            }
        }));
        Assert.Equal(batches.Length, Mine("SELECT count(*) FROM batch"));
        Assert.Equal(_node.Next, Mine("SELECT next FROM chain"));
        await Eventually.HoldsAsync(() => Mine("SELECT count(*) FROM verdict") == batches.Length, "all are judged");
        Assert.Equal(0, _rig.Number("SELECT CAST(sum(pending_micro + posted_micro) AS BIGINT) FROM account"));
    }

    [Fact]
    public async Task Receipts_do_not_wait_for_the_books_and_a_fork_waits_for_its_place_in_them()
    {
        using var goOn = new ManualResetEventSlim();
        var sink = new CollectingSink(Other.Part<IngestPipeline>(), Other.Part<NodeDirectory>().Find(_node.Id)!, _node.Session);
        byte[] fork = _node.Sign(SignedMessage.BatchContext, _node.BuildNext(delivered: 300).Encode());
        Task books = One.Part<StoreWriter>().RunAsync(_ => goOn.Wait());
        try
        {
            Assert.Equal(Topics.Receipt, (await sink.AskAsync(_node.SignNext())).Topic);
            await sink.SubmitAsync(fork);
            await Eventually.HoldsAsync(
                () => _rig.Number("SELECT count(*) FROM pg_locks w JOIN pg_locks h ON h.pid = w.pid AND h.locktype = 'advisory' AND h.granted WHERE w.locktype = 'advisory' AND NOT w.granted") == 1,
                "ingest has its turn and waits for the books'");
            Assert.Equal(0, Mine("SELECT count(*) FROM suspension"));
        }
        finally
        {
            goOn.Set();
        }

        await books;
        Assert.Equal(RejectReason.Fork, _node.OpenReject((await sink.NextAsync())!.SealedMessage).Reason);
        Assert.Equal((1, 1), (Mine("SELECT count(*) FROM suspension"), Mine("SELECT count(*) FROM evidence")));
    }

    [Fact]
    public async Task A_node_that_logs_in_elsewhere_is_taken_over_and_every_instance_knows_where_it_is()
    {
        (MqttSocket before, _) = await InstancesRig.LogInAsync(One, _node);
        await Eventually.HoldsAsync(() => Standing(Other) is { IsOnline: true, Instance: not null }, "the other instance hears of the login");
        (MqttSocket after, _) = await InstancesRig.LogInAsync(Other, _node);
        await before.ExpectClosedAsync();
        await Eventually.HoldsAsync(() => Standing(One) is { IsOnline: true, Instance: not null } && Standing(Other) is { IsOnline: true, Instance: null }, "both know that it moved");
        await after.DisposeAsync();
        await Eventually.HoldsAsync(() => Standing(One) is { IsOnline: false }, "the first hears that it left the other");
        await before.DisposeAsync();
    }

    [Fact]
    public async Task A_node_that_hops_faster_than_word_of_it_goes_round_keeps_its_last_connection()
    {
        for (int i = 0; i < 10; i++)
        {
            foreach (RunningBackend instance in (RunningBackend[])[Other, One])
            {
                await (await InstancesRig.LogInAsync(instance, _node)).Client.DisposeAsync();
            }

            await using MqttSocket last = (await InstancesRig.LogInAsync(Other, _node)).Client;
            await Eventually.HoldsAsync(() => Standing(One)?.ChangedUnixMilliseconds == Standing(Other)?.ChangedUnixMilliseconds, "the first instance hears of the last login");
            await last.SendAsync(Packet.PingReq);
            await last.ExpectAsync(Packet.PingResp, []);
        }
    }

    [Fact]
    public async Task A_message_down_reaches_the_node_at_another_instance_and_later_counters_are_above_it()
    {
        await using PairingNode node = await PairingNode.ConnectAsync(Other, _node, Topics.SettingsOrder);
        await Eventually.HoldsAsync(() => Standing(One) is { IsOnline: true, LastStatus: not null }, "the first instance hears of the node's status");
        RegisteredNode known = One.Part<NodeDirectory>().Find(_node.Id)!;
        long counter = 0;
        bool isSent = await One.Part<INodeLink>().SendAsync(
            known, Topics.SettingsOrder,
            header =>
            {
                counter = header.Counter;
                return new SettingsOrder(header, [1, 2, 3]).Encode();
            },
            Cancel);
        Assert.True(isSent);
        Assert.Equal([1, 2, 3], SettingsOrder.Decode(await node.HearRawAsync(Topics.SettingsOrder), out _)!.Signed);
        var sink = new CollectingSink(Other.Part<IngestPipeline>(), Other.Part<NodeDirectory>().Find(_node.Id)!, _node.Session);
        Assert.True(_node.OpenReceipt((await sink.AskAsync(_node.SignNext())).SealedMessage).Header.Counter > counter);
    }

    [Fact]
    public async Task A_node_that_is_scrapped_at_one_instance_is_let_in_at_none()
    {
        Assert.NotNull(Other.Part<NodeDirectory>().Find(_node.Id));
        One.Part<NodeDirectory>().Remove(_node.Id.ToString());
        await _rig.TamperAsync($"SET session_replication_role = replica; INSERT INTO registration(node, run, board_serial, firmware, parts, self_test, by, made_ms, scrapped_ms) SELECT id, 1, 'AA', '', '', '', 'tess', 1, 1 FROM node WHERE node_id = '{_node.Id}'");
        await using MqttSocket client = await MqttSocket.OpenAsync(Other);
        await client.SendAsync(Packet.Connect(_node));
        await client.ExpectAsync(Packet.ConnAck, [0, 4]);
    }

    [Fact]
    public void A_cookie_of_one_instance_is_good_at_the_other()
    {
        string cookie = One.Part<IDataProtectionProvider>().CreateProtector("cookie").Protect("amina");
        Assert.Equal("amina", Other.Part<IDataProtectionProvider>().CreateProtector("cookie").Unprotect(cookie));
        Assert.Equal(0, _rig.Number("SELECT count(*) FROM shared_session_key WHERE position('masterKey' IN encode(content, 'escape')) > 0"));
    }

    [Fact]
    public async Task A_write_with_a_key_is_done_once_though_two_instances_get_it_at_the_same_time()
    {
        long before = _rig.Number("SELECT count(*) FROM voucher");
        for (int i = 0; i < 10; i++)
        {
            string key = Guid.NewGuid().ToString();
            HttpStatusCode[] answers = await Task.WhenAll(new[] { One, Other }.Select(async instance =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/api/vouchers") { Content = JsonContent.Create(new { count = 1 }) };
                request.Headers.Add("Idempotency-Key", key);
                using HttpResponseMessage answer = await instance.Http.SendAsync(request, Cancel);
                return answer.StatusCode;
            }));
            Assert.Contains(HttpStatusCode.OK, answers);
            Assert.All(answers, answer => Assert.Contains(answer, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Conflict]));
        }

        Assert.Equal(before + 10, _rig.Number("SELECT count(*) FROM voucher"));
    }

    [Fact]
    public async Task A_bundle_that_one_instance_took_is_served_by_the_other()
    {
        byte[] bundle = RandomNumberGenerator.GetBytes(5000);
        var by = new Caller(1, "amina", RoleNames.Together);
        (byte[]? sha256, _, _, _) = await One.Part<Artifacts>().StoreAsync(new MemoryStream(bundle), null, by, Cancel);
        Assert.Equal(bundle, Other.Part<Artifacts>().Read(sha256!));
    }

    [Fact]
    public async Task An_instance_with_other_keys_is_refused()
    {
        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => _rig.AddAsync(hasKeys: false));
        Assert.Contains("put it back", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_balancer_hears_that_an_instance_is_going_before_it_goes()
    {
        Assert.Equal(HttpStatusCode.OK, (await Other.Http.GetAsync("/health/ready", Cancel)).StatusCode);
        await Other.Part<Draining>().StoppingAsync(Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Other.Http.GetAsync("/health/ready", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await One.Http.GetAsync("/health/ready", Cancel)).StatusCode);
    }

    private long Mine(string sql) => _rig.Number($"{sql} WHERE node = (SELECT id FROM node WHERE node_id = '{_node.Id}')");

    private NodeStanding? Standing(RunningBackend instance) => instance.Part<NodePresence>().Find(_node.Id.ToString());
}
