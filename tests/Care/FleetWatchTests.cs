using DePin.Contracts.Metering;
using DePin.Fleet.Care;
using DePin.Fleet.Nodes;
using DePin.Fleet.Verification;
using DePin.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace DePin.Tests.Care;

/// <summary>What the hourly look over the fleet does with stored batches.</summary>
public sealed class FleetWatchTests : IDisposable
{
    private const long Hour = 3600;

    private readonly BookFolder _books = new();
    private readonly TestNode _node = new();
    private readonly TestNode _other = new();

    public void Dispose()
    {
        _node.Dispose();
        _other.Dispose();
        _books.Dispose();
    }

    [Fact]
    public async Task Two_keys_with_one_node_s_readings_are_suspended_both_with_the_figures_and_the_way_out()
    {
        await _books.RegisterAsync(_node);
        await _books.RegisterAsync(_other);
        for (int hour = 0; hour < 30; hour++)
        {
            var random = new Random(hour);
            Reading[] readings = [.. Enumerable.Range(0, 12).Select(_ => new Reading { Seconds = 300, HarvestedMilliwattHours = random.Next(200), DeliveredMilliwattHours = random.Next(100), BatteryPermille = random.Next(900), BatteryMillivolts = 3000 + random.Next(300) })];
            await StoreAsync(_node, readings);
            await StoreAsync(_other, readings);
        }

        await WatchAsync(_node.OpensUnixSeconds + 120);
        IReadOnlyList<SuspensionRow> suspended = _books.Read(connection => SuspensionStore.Open(connection, 10));
        Assert.Equal(2, suspended.Count);
        Assert.All(suspended, row => Assert.Equal(("clone", "rule"), (row.Reason, row.By)));
        Assert.Contains(_other.Id.ToString(), suspended.Single(row => row.NodeId == _node.Id.ToString()).Evidence, StringComparison.Ordinal);
        Assert.Equal(2, _books.Read(connection => ReviewStore.Cases(connection, 10)).Count);
        await WatchAsync(_node.OpensUnixSeconds + Hour);
        Assert.Equal(2, _books.Number("SELECT count(*) FROM suspension"));
    }

    [Fact]
    public async Task A_silent_node_and_a_fault_get_one_ticket_each_and_who_is_heard_again_loses_it()
    {
        await _books.RegisterAsync(_node);
        await StoreAsync(_node, [new Reading { Seconds = 300, Flags = ReadingFlags.SensorFault, BatteryPermille = 500 }]);
        long now = _node.OpensUnixSeconds + 120;
        await WatchAsync(now);
        TicketRow fault = Assert.Single(Tickets());
        Assert.Equal(("sensor fault", "amina", now + (72 * Hour)), (fault.Cause, fault.Owner, fault.DueUnixMilliseconds / 1000));

        await WatchAsync(now + (2 * Hour));
        Assert.Single(Tickets());
        await WatchAsync(now + (4 * Hour));
        await WatchAsync(now + (5 * Hour));
        Assert.Equal(["sensor fault", "silent"], Tickets().Select(ticket => ticket.Cause));

        _node.OpensUnixSeconds = now + (5 * Hour);
        await StoreAsync(_node, [new Reading { Seconds = 300, BatteryPermille = 500 }]);
        await WatchAsync(now + (6 * Hour));
        Assert.Equal(["sensor fault"], Tickets().Select(ticket => ticket.Cause));
    }

    private IReadOnlyList<TicketRow> Tickets() => _books.Read(connection => TicketStore.Open(connection, 10));

    private async Task StoreAsync(TestNode node, Reading[] readings)
    {
        Batch batch = node.BuildNext(content: readings);
        byte[] payload = batch.Encode();
        node.Head = System.Security.Cryptography.SHA256.HashData(payload);
        node.Next = batch.NextSequence;
        node.Counters = batch.Closing();
        node.OpensUnixSeconds += batch.Seconds();
        await _books.StoreAsync(node, node.Sign(DePin.Contracts.Signing.SignedMessage.BatchContext, payload));
    }

    private FleetWatch? _watch;

    private async Task WatchAsync(long unixSeconds)
    {
        _books.Time.UnixSeconds = unixSeconds;
        _watch ??= _books.NewWatch();
        await _watch.WatchAsync(TestContext.Current.CancellationToken);
    }
}
