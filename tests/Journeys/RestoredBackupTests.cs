using DePin.Contracts;
using DePin.Contracts.Uplink;
using DePin.Tests.Gateway;
using DePin.Tests.Support;

namespace DePin.Tests.Journeys;

/// <summary>A database put back from a backup: its counters of sealed messages are old, and no node may hear an old one again.</summary>
public sealed class RestoredBackupTests : IDisposable
{
    private readonly TestNode _node = new();
    private readonly TemporaryFolder _temporary = new();

    public void Dispose()
    {
        _node.Dispose();
        _temporary.Dispose();
    }

    // The demonstration's clock may stand in any year; it must not matter.
    [Theory]
    [InlineData(1_000_000_000)]
    [InlineData(1_790_000_000)]
    [InlineData(4_000_000_000)]
    public async Task The_counter_of_a_restored_backend_goes_on_above_all_it_ever_sent(long clockUnixSeconds)
    {
        string live = _temporary.File("live");
        var time = new SteppedClock(clockUnixSeconds);
        long before;
        await using (RunningBackend backend = await RunningBackend.StartAsync(time, dataFolder: live))
        {
            await backend.RegisterAsync(_node);
            before = await LastCounterAsync(backend);
        }

        File.Copy(Path.Combine(live, "fleet.db"), _temporary.File("backup.db"));
        await using (RunningBackend backend = await RunningBackend.StartAsync(time, dataFolder: live))
        {
            // More than is reserved at a time, so that only a higher beginning can outdo it.
            long later = 0;
            for (int i = 0; i < 4; i++)
            {
                await backend.RestartAsync();
                later = await LastCounterAsync(backend);
                Assert.True(later > before, $"{later} after {before}");
                before = later;
            }
        }

        File.Copy(_temporary.File("backup.db"), Path.Combine(live, "fleet.db"), overwrite: true);
        await using (RunningBackend backend = await RunningBackend.StartAsync(time, dataFolder: live))
        {
            long restored = await LastCounterAsync(backend);
            Assert.True(restored > before, $"{restored} after {before}");
        }
    }

    private async Task<long> LastCounterAsync(RunningBackend backend)
    {
        await using MqttSocket client = await MqttSocket.SubscribedAsync(backend, _node);
        (_, _, byte[] first) = await client.ExpectPublishAsync();
        await client.SendAsync(Packet.Publish(_node, Topics.Batch, _node.SignNext(readings: 1)));
        await client.ExpectAsync(Packet.PubAck, [0, 1]);
        (_, _, byte[] second) = await client.ExpectPublishAsync();
        long counter = _node.OpenReceipt(second).Header.Counter;
        Assert.True(counter > _node.OpenReceipt(first).Header.Counter);
        return counter;
    }
}
