using System.Net;
using DePin.Contracts;
using DePin.Contracts.Uplink;
using DePin.Fleet.Ingest;
using DePin.Tests.Gateway;
using DePin.Tests.Support;
using DePin.Tools.Backend;
using Microsoft.Extensions.Logging;

namespace DePin.Tests.Storage;

/// <summary>A primary shows after a crash what it wrote down before its standby had it. Nobody may hear that it is stored until the standby has it: the primary may be lost next.</summary>
public sealed class StandbyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_on_the_primary_alone_after_its_crash_is_acknowledged_when_the_standby_is_back()
    {
        await using PostgresPair pair = await PostgresPair.StartAsync(Cancel);
        string database = await pair.CreateDatabaseAsync(Cancel);
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Postgres = database, LogLevel = LogLevel.None });
        using var node = new TestNode();
        await backend.RegisterAsync(node);
        await using (MqttSocket client = await MqttSocket.SubscribedAsync(backend, node))
        {
            Assert.Equal(1, (await ReceiptAsync(client, node)).Next);
            await pair.Standby.KillAsync();
            await client.SendAsync(Packet.Publish(node, Topics.Batch, node.SignNext()));
            await Eventually.HoldsAsync(() => backend.Part<IngestPipeline>().Writer.IsStuck, "the commit waits for the standby");
            await pair.Primary.KillAsync();
            await client.ExpectClosedAsync();
        }

        await pair.Primary.StartAgainAsync(Cancel);
        Assert.Equal("1", await pair.Primary.AskAsync(Cancel, "\\c fleet", "SELECT count(*) FROM batch"));
        await Eventually.HoldsAsync(async () => (await backend.Http.GetAsync("/", Cancel)).StatusCode == HttpStatusCode.OK, "pages are there again");
        while (true)
        {
            await using MqttSocket again = await MqttSocket.SubscribedAsync(backend, node);
            Task<(byte Head, byte[] Body)?> answer = again.ReadAsync();
            await Eventually.HoldsAsync(() => answer.IsCompleted || backend.Part<IngestPipeline>().Writer.IsStuck, "an answer is there, or waits");
            if (answer.IsCompleted && await answer is null)
            {
                // The connection to the database was still the old one.
                continue;
            }

            bool isEarly = answer.IsCompleted;
            await pair.Standby.StartAgainAsync(Cancel);
            Assert.Equal(3, (await answer)!.Value.Head >> 4);
            Assert.False(isEarly, "It was acknowledged, and was on one disk.");
            return;
        }
    }

    private static async Task<Receipt> ReceiptAsync(MqttSocket client, TestNode node) => node.OpenReceipt((await client.ExpectPublishAsync()).Payload);
}
