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

    /// <summary>A node has a connection here: since when in Unix milliseconds, and the number of its login.</summary>
    public Action<RegisteredNode, long, long>? WelcomedHere { get; set; }

    /// <summary>A node left, and is not here any more.</summary>
    public Action<RegisteredNode, long>? LeftHere { get; set; }

    /// <summary>A node said here how it is.</summary>
    public Action<RegisteredNode, Status, long>? ReportedHere { get; set; }

    /// <summary>The nodes that were welcomed here, and the numbers of their logins.</summary>
    public IEnumerable<(RegisteredNode Node, long Login)> WelcomedNodes =>
        _byNode.Values.Where(connection => connection.LoginNumber != 0).Select(connection => (connection.Node!, connection.LoginNumber));

    /// <summary>Whether a node is logged in here.</summary>
    public bool Has(string idText) => _byNode.ContainsKey(idText);

    /// <summary>
    /// A node is elsewhere, by a login with this number: its connection here ends, unless its own number is higher; then the answer is false. One that has no
    /// number yet goes on: it is left over and falls silent, or is welcomed in a moment.
    /// </summary>
    public bool CloseTakenOver(string idText, long login)
    {
        if (_byNode.TryGetValue(idText, out GatewayConnection? connection) && connection.LoginNumber != 0)
        {
            if (connection.LoginNumber > login)
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
            _presence.Changed(node, isOnline: true, UnixMilliseconds);
        }

        older?.Close(CloseReason.TakenOver);
    }

    /// <summary>A node that logged in has subscribed: from now on the other instances know that it is here.</summary>
    public void Welcome(GatewayConnection connection, RegisteredNode node, long login)
    {
        lock (_presenceGate)
        {
            connection.LoginNumber = login;
            if (_byNode.GetValueOrDefault(node.IdText) == connection)
            {
                long since = UnixMilliseconds;
                if (_presence.Find(node.IdText) is { IsOnline: true, Instance: null } standing)
                {
                    since = standing.ChangedUnixMilliseconds;
                }
                else
                {
                    // What was heard meanwhile was of an earlier login elsewhere.
                    _presence.Changed(node, isOnline: true, since);
                }

                WelcomedHere?.Invoke(node, since, login);
            }
        }
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
