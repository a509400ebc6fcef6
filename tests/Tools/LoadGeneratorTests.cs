using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DePin.Contracts;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Host.Platform;
using DePin.Tests.Support;
using DePin.Tools.Backend;
using DePin.Tools.Bench;
using DePin.Tools.Commands;

namespace DePin.Tests.Tools;

/// <summary>The load generator measures honestly: what it sends is valid, what it counts are receipts.</summary>
public sealed class LoadGeneratorTests
{
    [Fact]
    public void A_signed_history_is_a_valid_chain()
    {
        using var lamp = new Lamp(3);
        SignedHistory history = SignedHistory.Sign(lamp, 30, LampHistory.MorningBefore(1_790_000_000, 30));
        byte[] previous = new byte[Batch.HashSize];
        long next = 1;
        for (int i = 0; i < history.Count; i++)
        {
            SignedMessage? message = SignedMessage.Decode(history.Message(i), MeteringLimits.SignedBatchBytes, out _);
            Assert.NotNull(message);
            byte[] payload = message.CopyPayload();
            Batch? batch = Batch.Decode(payload, 0, payload.Length, out _);
            Assert.NotNull(batch);
            Assert.Equal((next, SignedHistory.Sequence(i)), (batch.Sequence, batch.Sequence));
            Assert.Equal(previous, batch.Previous);
            Assert.True(lamp.Key.VerifyData(SignedMessage.ToBeSigned(SignedMessage.BatchContext, payload, 0, payload.Length), message.CopySignature(), HashAlgorithmName.SHA256));
            previous = SHA256.HashData(payload);
            Assert.Equal(previous, history.Hash(i).ToArray());
            next = batch.NextSequence;
            Assert.Equal(i + 1, SignedHistory.Covered(next));
        }
    }

    [Theory]
    [InlineData(1L, 1L)]
    [InlineData(23L, 25L)]
    [InlineData(70_000L, 300L)]
    [InlineData(5_000_000_000L, 9_007_199_254_740_991L)]
    public void A_receipt_is_read_in_place_as_the_contracts_read_it(long counter, long next)
    {
        using var lamp = new Lamp(0);
        byte[] head = RandomNumberGenerator.GetBytes(Batch.HashSize);
        var receipt = new Receipt(new DownHeader(lamp.Id, new byte[Session.Size], counter), next, head, new Counters(1, 2, 3), 1_790_000_000, isCreditHeld: false);
        byte[] message = SealedMessage.Seal(new PlatformDigest(), new byte[32], Topics.Of(lamp.Id.ToString(), Topics.Receipt), receipt.Encode());
        Assert.True(ReceiptView.TryRead(message, out long readNext, out ReadOnlySpan<byte> readHead));
        Assert.Equal(next, readNext);
        Assert.Equal(head, readHead.ToArray());
        for (int length = 0; length < message.Length - SealedMessage.MacSize - 20; length++)
        {
            ReceiptView.TryRead(message.AsSpan(0, length), out _, out _);
        }
    }

    [Fact]
    public async Task Lamps_with_a_rate_send_so_many_batches_together_and_no_more()
    {
        using var folder = new TemporaryFolder();
        var bench = new IngestBench(new IngestLoad(Nodes: 3, Seconds: 1, Rate: 40), folder.File("data"), TextWriter.Null);
        IngestResult result = await bench.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(40, result.RatePerSecond);
        Assert.True(result.BatchesPerSecond is > 0 and <= 40, result.ToJson());
    }

    [Fact]
    public async Task A_short_measurement_counts_what_is_stored_and_the_backend_stops_in_two_seconds()
    {
        using var folder = new TemporaryFolder();
        var bench = new IngestBench(new IngestLoad(Nodes: 20, Seconds: 1), folder.File("data"), TextWriter.Null);
        IngestResult result = await bench.RunAsync(TestContext.Current.CancellationToken);
        Assert.True(result.BatchesPerSecond > 20, result.ToJson());
        Assert.Equal(0, result.MessagesRejected);
        Assert.True(result.MemoryMb.Count > 1 && result.MemoryMb.All(held => held > 0), result.ToJson());
        Assert.True(result is { VerifyLimitPerSecond: > 0, Ratio: > 0, CpuSecondsPerBatch: > 0, PeakMemoryMb: > 0, AckP99Ms: > 0 }, result.ToJson());

        await using BackendChild again = await BackendChild.StartAsync(new BackendOptions { DataFolder = folder.File("data") }, TestContext.Current.CancellationToken);
        TimeSpan stopping = await again.StopAsync();
        Assert.True(stopping < TimeSpan.FromSeconds(2), $"stopping took {stopping.TotalSeconds} s");
        Assert.False(File.Exists(folder.File("data/addresses.json")), "a clean stop takes its addresses back");
    }

    [Fact]
    public async Task The_usual_way_takes_the_same_batches_in_the_same_run()
    {
        using var folder = new TemporaryFolder();
        var bench = new IngestBench(new IngestLoad(Nodes: 20, Seconds: 1, BesideUsual: true), folder.File("data"), TextWriter.Null);
        IngestResult result = await bench.RunAsync(TestContext.Current.CancellationToken);
        Assert.True(result is { Usual: { BatchesPerSecond: > 1, CpuSecondsPerBatch: > 0, AckP99Ms: > 0 }, TimesUsual: > 0 }, result.ToJson());
    }

    [Fact]
    public async Task Every_batch_that_is_stored_comes_to_every_open_page()
    {
        using var folder = new TemporaryFolder();
        var bench = new LiveBench(pages: 5, nodes: 8, batchesPerSecond: 8, seconds: 1, folder.File("data"), TextWriter.Null);
        LiveResult result = await bench.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((8, 8, 0L), (result.Sent, result.Stored, result.Missing));
    }

    [Fact]
    public async Task Idle_lamps_stay_connected_plain_and_over_tls_while_others_send()
    {
        using var folder = new TemporaryFolder();
        var bench = new ConnectionsBench(new ConnectionsLoad(Plain: 20, Tls: 10, Seconds: 1), folder.File("data"), TextWriter.Null);
        ConnectionsResult result = await bench.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("SQLite", 20, 10, true), (result.Database, result.Plain?.Connections, result.Tls?.Connections, result.IsGood));
        Assert.True(result is { AloneBatchesPerSecond: > 0, Plain: { BatchesPerSecond: > 0, ConnectsPerSecond: > 0 }, Tls: { BatchesPerSecond: > 0, ConnectsPerSecond: > 0 } }, result.ToJson());
    }

    [Fact]
    public async Task Idle_lamps_are_divided_over_the_instances_of_one_database()
    {
        using var folder = new TemporaryFolder();
        var bench = new ConnectionsBench(new ConnectionsLoad(Plain: 30, Tls: 0, Seconds: 1, OnPostgres: true, Instances: 2), folder.File("data"), TextWriter.Null);
        ConnectionsResult result = await bench.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("PostgreSQL", 2, 30, 0, null), (result.Database, result.Instances, result.Plain?.Connections, result.Plain?.Lost, result.Tls));
        Assert.Equal([15, 15], result.Plain!.EachInstance.Select(instance => instance.Connections));
    }

    [Fact]
    public async Task Instances_behind_a_balancer_share_the_batches_and_each_says_what_they_cost()
    {
        using var folder = new TemporaryFolder();
        var bench = new IngestBench(new IngestLoad(Nodes: 4, Seconds: 1, OnPostgres: true, Instances: 2, WarmSeconds: 1), folder.File("data"), TextWriter.Null);
        IngestResult result = await bench.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("PostgreSQL", 2, 0L), (result.Database, result.Instances.Count, result.MessagesRejected));
        Assert.All(result.Instances, instance => Assert.True(instance is { Batches: > 0, CpuSeconds: > 0, PeakMemoryMb: > 0 }, result.ToJson()));
        Assert.True(result is { BatchesPerSecond: > 0, PostgresCpuMillisecondsPerBatch: > 0, BalancerCpuMillisecondsPerBatch: >= 0 }, result.ToJson());
    }

    [Theory]
    [InlineData("ledger", "--transfers")]
    [InlineData("pages", "--nodes")]
    [InlineData("wave", "--nodes")]
    public async Task What_needs_a_database_is_measured_on_postgres_too(string name, string count)
    {
        using var output = new StringWriter();
        int code = await CommandLine.RunAsync(["bench", name, count, "60", "--postgres", "--json"], output, TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.Equal(0, code);
        Assert.Contains("(PostgreSQL)", (string)JsonNode.Parse(output.ToString())!["database"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bench", "connections", "--instances", "2", "--plain", "38001")]
    [InlineData("bench", "connections", "--instances", "3", "--tls", "2")]
    [InlineData("bench", "connections", "--plain", "0", "--tls", "0")]
    [InlineData("bench", "ingest", "--instances", "2", "--nodes", "9001")]
    public async Task What_one_process_cannot_carry_is_refused_before_anything_starts(params string[] arguments)
    {
        using var errors = new StringWriter();
        Assert.Equal(2, await CommandLine.RunAsync(arguments, TextWriter.Null, errors, TestContext.Current.CancellationToken));
        Assert.Single(errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));

        // What suits the load generator alone would stop others in this process and its children, whose callbacks may wait.
        Assert.Null(Environment.GetEnvironmentVariable(IngestBenchCommand.InlineCompletions));
    }

    [Fact]
    public async Task A_rollout_on_postgres_comes_to_every_light_node()
    {
        using var folder = new TemporaryFolder();
        var bench = new RolloutBench(nodes: 20, bundleBytes: 4096, offersPerMinute: 6000, onPostgres: true, folder.File("data"), TextWriter.Null) { QuietSeconds = 1 };
        RolloutBenchResult result = await bench.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("PostgreSQL", 20, "done"), (result.Database, result.Confirmed, result.RolloutState));
    }
}
