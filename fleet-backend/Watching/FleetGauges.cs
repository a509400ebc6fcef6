using System.Data.Common;
using System.Diagnostics.Metrics;
using DePin.Fleet.Ingest;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Watching;

/// <summary>
/// How the backend stands, in meter DePin.Fleet: what waits, how late the books are, what people have to look at. Read from the database when
/// somebody measures, at most once in ten seconds, however many listen.
/// </summary>
internal sealed class FleetGauges : IDisposable
{
    /// <summary>Name of the backend's meter.</summary>
    public const string MeterName = "DePin.Fleet";

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private readonly Meter _meter;
    private readonly Database _database;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private Figures _figures = new();
    private long _readAt;

    public FleetGauges(IMeterFactory meters, Database database, StoreWriter writer, IngestPipeline ingest, NodeDirectory nodes, PayoutLock payouts, Expiries expiries, TimeProvider clock)
    {
        _database = database;
        _clock = clock;
        _meter = meters.Create(MeterName);
        _meter.CreateObservableGauge("fleet.nodes", () => nodes.Count, description: "Registered nodes");
        _meter.CreateObservableGauge("verdicts.backlog", () => Read().Backlog, description: "Batches that are stored and not judged yet");
        _meter.CreateObservableGauge("ledger.lag", () => Read().LagSeconds, "s", "How long the first of them waits");
        _meter.CreateObservableGauge("readings.held", () => Read().Held, description: "Readings that wait for a decision");
        _meter.CreateObservableGauge("store.jobs.waiting", () => writer.Waiting, description: "Jobs that wait for the writer of the books");
        _meter.CreateObservableGauge("ingest.messages.waiting", () => ingest.Waiting, description: "Messages that wait to be verified or stored");
        _meter.CreateObservableGauge("tickets.open", () => Read().TicketsOpen, description: "Open tickets");
        _meter.CreateObservableGauge("tickets.overdue", () => Read().TicketsOverdue, description: "Open tickets whose time is over");
        _meter.CreateObservableGauge("rollouts.open", () => Read().Rollouts.Select(row => new Measurement<long>(row.Rollouts, new KeyValuePair<string, object?>("state", row.State))), description: "Rollouts that have not ended, by state");
        _meter.CreateObservableGauge("notices.waiting", () => Read().NoticesWaiting, description: "Notices on their way");
        _meter.CreateObservableGauge("notices.dead", () => Read().NoticesDead, description: "Notices that were given up");
        _meter.CreateObservableGauge("payouts.locked", () => payouts.Reason is null ? 0 : 1, description: "Whether payouts are locked");
        _meter.CreateObservableGauge("expiry.left", () => expiries.All().Select(expiry => new Measurement<double>(expiry.Left.TotalSeconds, new KeyValuePair<string, object?>("what", expiry.What))), "s", "How long a certificate or a release is good for");
    }

    /// <inheritdoc />
    public void Dispose() => _meter.Dispose();

    private Figures Read()
    {
        lock (_gate)
        {
            if (_readAt != 0 && System.Diagnostics.Stopwatch.GetElapsedTime(_readAt) < Fresh)
            {
                return _figures;
            }

            long now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
            using DbConnection connection = _database.OpenReader();
            (long backlog, long? since) = GaugeStore.Backlog(connection);
            (long open, long overdue) = GaugeStore.Tickets(connection, now);
            (long waiting, long dead) = GaugeStore.Deliveries(connection);
            _figures = new Figures
            {
                Backlog = backlog,
                LagSeconds = since is { } first ? Math.Max(0, now - first) / 1000.0 : 0,
                Held = GaugeStore.Held(connection),
                TicketsOpen = open,
                TicketsOverdue = overdue,
                Rollouts = GaugeStore.Rollouts(connection),
                NoticesWaiting = waiting,
                NoticesDead = dead,
            };
            _readAt = System.Diagnostics.Stopwatch.GetTimestamp();
            return _figures;
        }
    }

    private sealed record Figures
    {
        public long Backlog { get; init; }

        public double LagSeconds { get; init; }

        public long Held { get; init; }

        public long TicketsOpen { get; init; }

        public long TicketsOverdue { get; init; }

        public IReadOnlyList<(string State, long Rollouts)> Rollouts { get; init; } = [];

        public long NoticesWaiting { get; init; }

        public long NoticesDead { get; init; }
    }
}
