using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace DePin.Fleet.Gateway;

/// <summary>
/// Lets sockets in, up to the limits of all connections and of those that have not logged in, all and one address's. Stands before TLS, so that
/// a handshake under way counts like any other connection that has not said who it is.
/// </summary>
internal sealed class Admission
{
    private readonly ConcurrentDictionary<IPAddress, int> _anonymous = new();
    private readonly GatewaySettings _settings;
    private readonly ConnectionTable _connections;
    private int _count;
    private int _anonymousCount;

    public Admission(GatewaySettings settings, ConnectionTable connections, IMeterFactory meters)
    {
        _settings = settings;
        _connections = connections;
        meters.Create("DePin.Fleet").CreateObservableGauge("gateway.connections", () => Volatile.Read(ref _count), description: "Open connections, with those in a TLS handshake");
    }

    /// <summary>Serves a socket where the limits allow it; its place is free again when it ends, however it ends.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        IPAddress address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (!TryEnter(address))
        {
            _connections.Count(address, null, CloseReason.TooManyConnections);
            return;
        }

        var place = new Place(this, address);
        connection.Features.Set(place);
        try
        {
            await next(connection);
        }
        finally
        {
            place.Leave();
        }
    }

    private bool TryEnter(IPAddress address)
    {
        if (Interlocked.Increment(ref _count) <= _settings.MaxConnections)
        {
            int anonymous = Interlocked.Increment(ref _anonymousCount);
            if (_anonymous.AddOrUpdate(address, 1, (_, count) => count + 1) <= _settings.MaxAnonymousPerAddress && anonymous <= _settings.MaxAnonymous)
            {
                return true;
            }

            LeaveAnonymous(address);
        }

        Interlocked.Decrement(ref _count);
        return false;
    }

    private void LeaveAnonymous(IPAddress address)
    {
        Interlocked.Decrement(ref _anonymousCount);
        int left = _anonymous.AddOrUpdate(address, 0, (_, count) => count - 1);
        if (left <= 0)
        {
            _anonymous.TryRemove(KeyValuePair.Create(address, left));
        }
    }

    /// <summary>The place of one socket that was let in.</summary>
    internal sealed class Place(Admission admission, IPAddress address)
    {
        private int _isKnown;
        private int _isLeft;

        /// <summary>The client is no longer anonymous.</summary>
        public void LogIn()
        {
            if (Interlocked.Exchange(ref _isKnown, 1) == 0)
            {
                admission.LeaveAnonymous(address);
            }
        }

        /// <summary>The connection ended: its place is free.</summary>
        public void Leave()
        {
            LogIn();
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
            {
                Interlocked.Decrement(ref admission._count);
            }
        }
    }
}
