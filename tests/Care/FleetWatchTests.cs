using Dapper;
using DePin.Contracts.Metering;
using DePin.Fleet.Care;
using DePin.Fleet.Crediting;
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
        Assert.Contains(_other.Id.ToString(), suspended.Single(row => row.NodeId == _node.Id.ToString()).Evidence.ToString(), StringComparison.Ordinal);
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

    [Fact]
    public async Task A_worn_battery_and_a_full_outbox_raise_tickets_that_are_due_as_the_agreement_in_force_says()
    {
        long row = await _books.RegisterAsync(_node);
        await _books.WriteAsync(connection =>
        {
            AgreementStore.Insert(connection, row, new Agreement(7000, 2000, 1000, 0, "region-1", DueHours: 24), _node.OpensUnixSeconds - Hour, 0, "a + b");
            AgreementStore.Insert(connection, row, new Agreement(7000, 3000, DueHours: 5), _node.OpensUnixSeconds + (1000 * Hour), 0, "a + b");
            return true;
        });

        // 3 W through the night: 250 mWh a slot, 30 permille of charge each, so 8.3 Wh are left of 19.2.
        for (int hour = 0; hour < 2; hour++)
        {
            await StoreAsync(_node, [.. Enumerable.Range(0, 12).Select(i => new Reading { Seconds = 300, DeliveredMilliwattHours = 250, BatteryPermille = 900 - (360 * hour) - (30 * i) })]);
        }

        await StoreAsync(_node, [new Reading { Seconds = 3600, BatteryPermille = 500 }]);
        long now = _node.OpensUnixSeconds + 120;
        await WatchAsync(now);
        IReadOnlyList<TicketRow> tickets = Tickets();
        Assert.Equal(["battery capacity", "full outbox"], tickets.Select(ticket => ticket.Cause).Order(StringComparer.Ordinal));
        Assert.All(tickets, ticket => Assert.Equal(("region-1", now + (24 * Hour)), (ticket.Owner, ticket.DueUnixMilliseconds / 1000)));
        Assert.Contains("it holds 8.3 Wh of the 19.2 Wh", tickets.Single(ticket => ticket.Cause == "battery capacity").Facts, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gap_that_a_full_outbox_left_raises_a_ticket_once()
    {
        long row = await _books.RegisterAsync(_node);
        await StoreAsync(_node, [new Reading { Seconds = 300, BatteryPermille = 500 }]);
        long now = _node.OpensUnixSeconds + 120;
        await WatchAsync(now);
        Assert.Empty(Tickets());
        await _books.WriteAsync(connection => connection.Execute(
            "INSERT INTO gap(node, from_sequence, to_sequence, reason, closed_ms, message) VALUES(@row, 20, 31, @Dropped, @closed, @message), (@row, 50, 51, @Lost, @closed, @message)",
            new { row, GapReason.Dropped, GapReason.Lost, closed = now * 1000, message = new byte[1] }));
        await WatchAsync(now + Hour);
        TicketRow ticket = Assert.Single(Tickets());
        Assert.Equal(("full outbox", "it was full and dropped the readings 20 to 31"), (ticket.Cause, ticket.Facts));
        await _books.WriteAsync(connection => TicketStore.Close(connection, ticket.Id, "repaired", "amina", "antenna mended", now * 1000));
        await WatchAsync(now + (2 * Hour));
        Assert.Empty(Tickets());
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
