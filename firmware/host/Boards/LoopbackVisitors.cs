using System.Net;
using System.Net.Sockets;
using DePin.Node.Moving;

namespace DePin.Host.Boards;

/// <summary>
/// The local page's socket on this machine's loopback, in place of the Wi-Fi that a simulated board cannot open: any browser here is
/// its phone.
/// </summary>
internal sealed class LoopbackVisitors : IVisitors, IDisposable
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(2);
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private Socket? _visitor;

    public LoopbackVisitors()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}/");
    }

    public Uri Address { get; }

    public int Receive(byte[] buffer)
    {
        if (_visitor is null && _listener.Poll(0, SelectMode.SelectRead))
        {
            _visitor = _listener.Accept();
            _visitor.SendTimeout = (int)SendTimeout.TotalMilliseconds;
        }

        if (_visitor is null)
        {
            return -1;
        }

        try
        {
            if (!_visitor.Poll(0, SelectMode.SelectRead))
            {
                return 0;
            }

            int count = _visitor.Receive(buffer);
            if (count > 0)
            {
                return count;
            }
        }
        catch (SocketException)
        {
            // The visitor went without a word: nobody is there.
        }

        Drop();
        return -1;
    }

    public void Answer(byte[] answer)
    {
        try
        {
            for (int sent = 0; _visitor is not null && sent < answer.Length;)
            {
                sent += _visitor.Send(answer.AsSpan(sent));
            }
        }
        catch (SocketException)
        {
            // The visitor did not wait for it; what was stored is stored.
        }

        Drop();
    }

    public void Drop()
    {
        _visitor?.Dispose();
        _visitor = null;
    }

    public void Dispose()
    {
        Drop();
        _listener.Dispose();
    }
}
