using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Gateway;

/// <summary>All connections of this instance that speak MQTT: takeover, and one sweep a second for those that are silent for too long.</summary>
internal sealed class ConnectionTable : BackgroundService
{
    private const int LogLinesPerSecond = 5;

    private readonly ConcurrentDictionary<GatewayConnection, byte> _all = new();
    private readonly ConcurrentDictionary<string, GatewayConnection> _byNode = new(StringComparer.Ordinal);
    private readonly ILogger<ConnectionTable> _logger;
    private readonly Counter<long> _closed;
    private readonly NodePresence _presence;
    private readonly TimeProvider _time;
    private readonly Lock _presenceGate = new();
    private int _linesLeft = LogLinesPerSecond;
    private int _linesSkipped;

    public ConnectionTable(ILogger<ConnectionTable> logger, IMeterFactory meters, NodePresence presence, TimeProvider time)
    {
        _presence = presence;
        _time = time;
        _logger = logger;
        Meter meter = meters.Create("DePin.Fleet");
        _closed = meter.CreateCounter<long>("gateway.connections.closed", description: "Connections that ended, by reason");
        meter.CreateObservableGauge("gateway.nodes.online", () => _byNode.Count, description: "Nodes logged in");
    }

    /// <summary>A node logged in here, at this time in Unix milliseconds.</summary>
    public Action<RegisteredNode, long>? LoggedInHere { get; set; }

    /// <summary>A node left, and is not here any more.</summary>
    public Action<RegisteredNode, long>? LeftHere { get; set; }

    /// <summary>A node said here how it is.</summary>
    public Action<RegisteredNode, Status, long>? ReportedHere { get; set; }

    /// <summary>The nodes that are logged in here.</summary>
    public IEnumerable<RegisteredNode> Nodes => _byNode.Values.Select(connection => connection.Node).OfType<RegisteredNode>();

    /// <summary>Whether a node is logged in here.</summary>
    public bool Has(string idText) => _byNode.ContainsKey(idText);

    /// <summary>All instances have heard of the login of a node here.</summary>
    public void Announced(string idText)
    {
        if (_byNode.TryGetValue(idText, out GatewayConnection? connection))
        {
            connection.IsAnnounced = true;
        }
    }

    /// <summary>A node logged in elsewhere: its connection here ends, unless it is a later one that the others have not heard of yet; then the answer is false.</summary>
    public bool CloseTakenOver(string idText)
    {
        if (_byNode.TryGetValue(idText, out GatewayConnection? connection))
        {
            if (!connection.IsAnnounced)
            {
                return false;
            }

            connection.Close(CloseReason.TakenOver);
        }

        return true;
    }

    /// <summary>Takes a new connection into the sweep.</summary>
    public void Add(GatewayConnection connection) => _all[connection] = 0;

    /// <summary>A connection logged in: its node is online, and an older connection of the same node is closed.</summary>
    public void LoggedIn(GatewayConnection connection, RegisteredNode node)
    {
        connection.Place.LogIn();
        GatewayConnection? older;
        lock (_presenceGate)
        {
            older = _byNode.GetValueOrDefault(node.IdText);
            _byNode[node.IdText] = connection;
            long now = UnixMilliseconds;
            _presence.Changed(node, isOnline: true, now);
            LoggedInHere?.Invoke(node, now);
        }

        older?.Close(CloseReason.TakenOver);
    }

    /// <summary>A node said how it is; or, with the will, that it is gone.</summary>
    public void Reported(RegisteredNode node, Status status)
    {
        long now = UnixMilliseconds;
        if (status.IsOffline)
        {
            _presence.Changed(node, isOnline: false, now);
            LeftHere?.Invoke(node, now);
        }
        else
        {
            _presence.Reported(node, status, now);
            ReportedHere?.Invoke(node, status, now);
        }
    }

    /// <summary>Seals a message for a node and sends it on its connection; false where it is not here, or said nothing yet in this session.</summary>
    public Task<bool> SendAsync(RegisteredNode node, string topic, Func<DownHeader, byte[]> payload, CancellationToken cancellationToken) =>
        _byNode.TryGetValue(node.IdText, out GatewayConnection? connection) ? connection.SendAsync(topic, payload, cancellationToken) : Task.FromResult(false);

    /// <summary>Sends what another instance sealed.</summary>
    public void SendSealed(RegisteredNode node, string topic, byte[] message)
    {
        if (_byNode.TryGetValue(node.IdText, out GatewayConnection? connection))
        {
            connection.SendSealed(topic, message);
        }
    }

    /// <summary>Sends a message that is not sealed, at QoS 0; false where the node is not here or did not subscribe.</summary>
    public bool SendOpen(RegisteredNode node, string topic, byte[] message) => _byNode.TryGetValue(node.IdText, out GatewayConnection? connection) && connection.SendOpen(topic, message);

    /// <summary>A connection ended; its node is offline unless it has a newer one. That a will came or not makes no difference.</summary>
    public void Remove(GatewayConnection connection, RegisteredNode? node, CloseReason reason)
    {
        _all.TryRemove(connection, out _);
        connection.Place.Leave();
        if (node is not null)
        {
            lock (_presenceGate)
            {
                if (_byNode.TryRemove(KeyValuePair.Create(node.IdText, connection)))
                {
                    long now = UnixMilliseconds;
                    _presence.Changed(node, isOnline: false, now);
                    LeftHere?.Invoke(node, now);
                }
            }
        }

        Count(connection.RemoteAddress, node?.IdText, reason);
    }

    /// <summary>Counts an ending, and logs it unless too many end at once.</summary>
    public void Count(IPAddress address, string? nodeId, CloseReason reason)
    {
        _closed.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));
        if (reason is CloseReason.Disconnect or CloseReason.Stopping)
        {
            return;
        }

        if (Interlocked.Decrement(ref _linesLeft) >= 0)
        {
            _logger.LogInformation("Connection of {Node} from {Address} ended: {Reason}", nodeId ?? "nobody yet", address, reason);
        }
        else
        {
            Interlocked.Increment(ref _linesSkipped);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                long now = Environment.TickCount64;
                foreach (KeyValuePair<GatewayConnection, byte> entry in _all)
                {
                    entry.Key.CloseIfSilent(now);
                }

                Volatile.Write(ref _linesLeft, LogLinesPerSecond);
                int skipped = Interlocked.Exchange(ref _linesSkipped, 0);
                if (skipped > 0)
                {
                    _logger.LogInformation("{Count} more connections ended in this second", skipped);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    private long UnixMilliseconds => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
