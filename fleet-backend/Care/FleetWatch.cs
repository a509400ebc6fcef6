using System.Data.Common;
using System.Security.Cryptography;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Care;

/// <summary>
/// Compares nodes with each other every hour of the backend's clock. What it remembers is made anew from the stored batches of the last
/// two days after a start. Copies are suspended, both of them; a node that its neighbours contradict is put on the list.
/// </summary>
public sealed class FleetWatch(Database database, StoreWriter writer, VerificationSettings settings, TimeProvider clock, ILogger<FleetWatch> logger) : BackgroundService
{
    private const int Chunk = 2000;
    private const int TicketsPerJob = 200;
    private const long SecondsPerHour = 3600;
    private const long MillisecondsPerHour = 3_600_000;

    // Three of the hours in which every node sends something.
    private const long SilentHours = 3;

    // Readings of half an hour are written by an outbox that is over three quarters full.
    private const int FullOutboxReadingSeconds = 1800;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private CloneSearch _clones = NewCloneSearch(settings);
    private NeighbourSearch _neighbours = new(settings);
    private BatteryCapacity _batteries = new();
    private readonly Dictionary<(long Node, string Cause), string> _faults = [];
    private long _lastHour;
    private long _cursor = -1;
    private long _gapCursor = -1;
    private long _termsVersion = -1;

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Another instance may have watched since this one did.
        (_clones, _neighbours, _batteries) = (NewCloneSearch(settings), new NeighbourSearch(settings), new BatteryCapacity());
        _faults.Clear();
        _lastHour = 0;
        _cursor = _gapCursor = _termsVersion = -1;
        return Rounds.GoAsync(
            Poll,
            async stopping =>
            {
                long hour = clock.GetUtcNow().ToUnixTimeSeconds() / SecondsPerHour;
                if (hour > _lastHour)
                {
                    await WatchAsync(stopping);
                    _lastHour = hour;
                }
            },
            logger, "Comparing nodes failed; it is tried again", stoppingToken);
    }

    /// <summary>Reads what came since the last time, and compares.</summary>
    internal async Task WatchAsync(CancellationToken cancellationToken)
    {
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        Read(now, cancellationToken);
        IReadOnlyList<ClonePair> clones = _clones.Search(now / 1000);
        IReadOnlyList<NeighbourFinding> neighbours = _neighbours.Search(now / 1000);
        await writer.RunAsync(connection =>
        {
            long at = clock.GetUtcNow().ToUnixTimeMilliseconds();
            Report(connection, clones, neighbours, at);
            TicketStore.CloseHeard(connection, at);
            foreach (((long node, string cause), string facts) in _faults)
            {
                TicketStore.Open(connection, node, cause, facts, at);
            }
        });
        _faults.Clear();
        await NoteSilentAsync(cancellationToken);
    }

    // Of a whole region whose network is away there are many: ingest gets its turn between the jobs.
    private async Task NoteSilentAsync(CancellationToken cancellationToken)
    {
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        IReadOnlyList<(long, long?)> silent;
        using (DbConnection connection = database.OpenReader())
        {
            silent = TicketStore.Silent(connection, now - (SilentHours * MillisecondsPerHour));
        }

        foreach ((long Node, long? Heard)[] some in silent.Chunk(TicketsPerJob))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await writer.RunAsync(connection => Array.ForEach(some, node => TicketStore.OpenSilent(connection, node.Node, node.Heard, now)));
        }
    }

    private static CloneSearch NewCloneSearch(VerificationSettings settings) => new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)), settings);

    private void Read(long now, CancellationToken cancellationToken)
    {
        using DbConnection connection = database.OpenReader();
        long version = FleetWatchStore.TermsVersion(connection);
        if (version != _termsVersion)
        {
            _neighbours.Place(FleetWatchStore.Places(connection));
            _termsVersion = version;
        }

        _neighbours.Begin(now / 1000);
        _cursor = _cursor < 0 ? FleetWatchStore.LastBefore(connection, now - settings.CloneHours * SecondsPerHour * 1000) : _cursor;
        while (FleetWatchStore.After(connection, _cursor, Chunk) is { Count: > 0 } batches)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach ((long id, long node, byte[] bytes) in batches)
            {
                SignedMessage message = SignedMessage.Decode(bytes, MeteringLimits.SignedBatchBytes, out _) ?? throw new InvalidDataException($"the stored batch {id} cannot be read");
                Batch batch = Batch.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _) ?? throw new InvalidDataException($"the stored batch {id} cannot be read");
                _clones.Add((int)node, batch);
                _neighbours.Add((int)node, batch);
                NoteFaults(node, batch);
                _cursor = id;
            }
        }

        _gapCursor = _gapCursor < 0 ? FleetWatchStore.LastGapBefore(connection, now - (settings.CloneHours * MillisecondsPerHour)) : _gapCursor;
        foreach ((long id, long node, long from, long to) in FleetWatchStore.DroppedAfter(connection, _gapCursor))
        {
            _faults[(node, "full outbox")] = $"it was full and dropped the readings {from} to {to}";
            _gapCursor = id;
        }
    }

    private void NoteFaults(long node, Batch batch)
    {
        foreach ((int flag, string cause) in ((int, string)[])[(ReadingFlags.SensorFault, "sensor fault"), (ReadingFlags.CaseOpened, "case opened")])
        {
            int flagged = batch.Readings.Count(reading => (reading.Flags & flag) != 0);
            if (flagged > 0)
            {
                _faults[(node, cause)] = $"{flagged} of {batch.Readings.Length} readings from sequence {batch.Sequence} on say so";
            }
        }

        if (Profile.ByNumber.TryGetValue((int)batch.Profile, out Profile? profile) && _batteries.Add((int)node, profile, batch) is { } worn)
        {
            _faults[(node, "battery capacity")] = worn;
        }

        if (batch.Readings.Any(reading => reading.Seconds >= FullOutboxReadingSeconds))
        {
            _faults.TryAdd((node, "full outbox"), $"it was over three quarters full when it measured from sequence {batch.Sequence} on: the link was away for long");
        }
    }

    private static void Report(DbConnection connection, IReadOnlyList<ClonePair> clones, IReadOnlyList<NeighbourFinding> neighbours, long now)
    {
        foreach (ClonePair pair in clones)
        {
            foreach ((int node, int other) in ((int, int)[])[(pair.First, pair.Second), (pair.Second, pair.First)])
            {
                var evidence = Sentence.Of($"{pair.Common} of {pair.Compared} compared readings are those of node {FleetWatchStore.NameOf(connection, other)}");
                if (ReviewStore.Open(connection, node, "clone", evidence, now))
                {
                    SuspensionStore.Begin(connection, node, new Suspension(now, "clone", evidence, Sentence.Of($"A fleet manager has both nodes visited and lifts the suspension of the genuine one."), "rule"));
                }
            }
        }

        foreach (NeighbourFinding finding in neighbours)
        {
            ReviewStore.Open(
                connection, finding.Node, "neighbours",
                Sentence.Of($"at {DateTimeOffset.FromUnixTimeSeconds(finding.AtUnixSeconds):yyyy-MM-dd HH:mm}Z it harvested {100 * finding.Part:0} % of its rating; {finding.Below} of {finding.Seen} neighbours gave less than a third of that"), now);
        }
    }
}
