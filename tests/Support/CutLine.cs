using System.Net;
using System.Net.Sockets;

namespace DePin.Tests.Support;

/// <summary>A line between a browser and a backend: a test cuts it, and lays it to a backend that started anew, while the address stays.</summary>
internal sealed class CutLine : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly List<TcpClient> _open = [];
    private readonly Task _accepts;
    private volatile bool _isCut;
    private volatile int _target;

    public CutLine(int targetPort)
    {
        _target = targetPort;
        _listener.Start();
        _accepts = AcceptAsync();
    }

    /// <summary>Where the browser finds the backend.</summary>
    public string Address => $"http://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Ends every connection, and takes no more.</summary>
    public void Cut()
    {
        _isCut = true;
        CloseAll();
    }

    /// <summary>Goes on, to the same backend or another.</summary>
    public void Mend(int? targetPort = null)
    {
        _target = targetPort ?? _target;
        _isCut = false;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        CloseAll();
        await _accepts;
        _end.Dispose();
    }

    private void CloseAll()
    {
        lock (_gate)
        {
            _open.ForEach(client => client.Dispose());
            _open.Clear();
        }
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                TcpClient from = await _listener.AcceptTcpClientAsync(_end.Token);
                if (_isCut)
                {
                    from.Dispose();
                    continue;
                }

                _ = CarryAsync(from);
            }
            catch (Exception problem) when (problem is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task CarryAsync(TcpClient from)
    {
        var to = new TcpClient();
        lock (_gate)
        {
            _open.AddRange([from, to]);
        }

        try
        {
            await to.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
            await Task.WhenAny(from.GetStream().CopyToAsync(to.GetStream(), _end.Token), to.GetStream().CopyToAsync(from.GetStream(), _end.Token));
        }
        catch (Exception problem) when (problem is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // Cut, or one side is gone: the other is told by closing.
        }
        finally
        {
            from.Dispose();
            to.Dispose();
        }
    }
}
