using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DePin.Contracts;

namespace DePin.Tools.Bench;

/// <summary>Takes a message of the backend, in the socket's callback.</summary>
internal delegate void LinkMessage(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> message);

/// <summary>
/// A connection made for load, from its login to its end: MQTT packets in and out, in buffers that are reused; nothing is allocated for a
/// message that comes.
/// </summary>
internal sealed class LampLink : IDisposable
{
    private const int ConnackPacket = 2, PublishPacket = 3;
    private const int BufferBytes = 4096;

    private static readonly TimeSpan LoginLimit = TimeSpan.FromSeconds(60);

    private readonly Lamp _lamp;
    private readonly string[] _parts;
    private readonly LinkMessage _taken;
    private readonly bool _isOpenByMessage;
    private readonly SocketAsyncEventArgs _receive = new();
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private int _buffered;

    /// <param name="lamp">Who logs in.</param>
    /// <param name="parts">Last parts of the topics that it subscribes.</param>
    /// <param name="taken">Takes what comes.</param>
    /// <param name="isOpenByMessage">Whether it is open when the first message was taken, else when the login is answered.</param>
    public LampLink(Lamp lamp, string[] parts, LinkMessage taken, bool isOpenByMessage = false)
    {
        _lamp = lamp;
        _parts = parts;
        _taken = taken;
        _isOpenByMessage = isOpenByMessage;
        _receive.SetBuffer(_buffer, 0, _buffer.Length);
        _receive.Completed += (_, _) => Received();
    }

    /// <summary>Why the connection ended; null while it lives.</summary>
    public string? Closed { get; private set; }

    /// <summary>Connects, logs in, subscribes, and waits until it is open.</summary>
    /// <exception cref="SocketException">The gateway is not there.</exception>
    /// <exception cref="IOException">It refused the login or closed.</exception>
    /// <exception cref="TimeoutException">It did not answer.</exception>
    public async Task OpenAsync(EndPoint gateway, CancellationToken cancellationToken)
    {
        await _socket.ConnectAsync(gateway, cancellationToken);
        await _socket.SendAsync(LampLogin.Packets(_lamp.Id.ToString(), _lamp.Password, _parts), cancellationToken);
        ReceiveMore();
        await _opened.Task.WaitAsync(LoginLimit, cancellationToken);
    }

    /// <summary>PINGREQ: the gateway closes a connection that is silent for one and a half times its keep-alive.</summary>
    public void Ping() => Send([0xC0, 0]);

    /// <summary>DISCONNECT, and the end.</summary>
    public void Leave()
    {
        Send([0xE0, 0]);
        Closed ??= "it left";
        Dispose();
    }

    /// <summary>Publishes at QoS 0; topic and message stay below 16 KiB, so the length has one or two bytes.</summary>
    public void Publish(string part, byte[] message)
    {
        byte[] topic = Encoding.ASCII.GetBytes(Topics.Of(_lamp.Id.ToString(), part));
        int length = 2 + topic.Length + message.Length;
        byte[] head = length < 128 ? [0x30, (byte)length] : [0x30, (byte)(length | 0x80), (byte)(length >> 7)];
        Send([.. head, (byte)(topic.Length >> 8), (byte)topic.Length, .. topic, .. message]);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _socket.Dispose();
        _receive.Dispose();
    }

    /// <summary>Sends a whole packet.</summary>
    public void Send(ReadOnlySpan<byte> packet)
    {
        try
        {
            _socket.Send(packet);
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            Close(problem.Message);
        }
    }

    private void Received()
    {
        if (TakeAll())
        {
            ReceiveMore();
        }
    }

    private void ReceiveMore()
    {
        try
        {
            do
            {
                _receive.SetBuffer(_buffered, BufferBytes - _buffered);
            }
            while (!_socket.ReceiveAsync(_receive) && TakeAll());
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            Close(problem.Message);
        }
    }

    private bool TakeAll()
    {
        if (_receive.SocketError != SocketError.Success || _receive.BytesTransferred == 0)
        {
            Close("the gateway closed the connection");
            return false;
        }

        _buffered += _receive.BytesTransferred;
        int used = 0;
        while (NextPacket(used, out int body, out int end))
        {
            Handle(_buffer[used], _buffer.AsSpan(body..end));
            used = end;
        }

        _buffer.AsSpan(used.._buffered).CopyTo(_buffer);
        _buffered -= used;
        return Closed is null;
    }

    // The remaining length comes in sevens of bits, lowest first (MQTT 3.1.1, 2.2.3); answers to a lamp need at most two.
    private bool NextPacket(int start, out int body, out int end)
    {
        body = end = 0;
        int left = _buffered - start;
        if (left < 2 || (_buffer[start + 1] > 0x7F && left < 3))
        {
            return false;
        }

        bool isLong = _buffer[start + 1] > 0x7F;
        int length = (_buffer[start + 1] & 0x7F) | (isLong ? _buffer[start + 2] << 7 : 0);
        body = start + (isLong ? 3 : 2);
        end = body + length;
        return end <= _buffered;
    }

    private void Handle(byte first, ReadOnlySpan<byte> body)
    {
        const int QosBits = 0x06;
        if (first >> 4 == ConnackPacket)
        {
            if (body[1] != 0)
            {
                Close($"the gateway refused the login with code {body[1]}");
                return;
            }

            if (!_isOpenByMessage)
            {
                _opened.TrySetResult();
            }
        }

        if (first >> 4 != PublishPacket)
        {
            return;
        }

        int topicBytes = BinaryPrimitives.ReadUInt16BigEndian(body);
        _taken(body.Slice(2, topicBytes), body[(2 + topicBytes + ((first & QosBits) == 0 ? 0 : 2))..]);
        if (_isOpenByMessage && Closed is null)
        {
            _opened.TrySetResult();
        }
    }

    /// <summary>Notes why it ends; the first reason stands.</summary>
    public void Close(string reason)
    {
        Closed ??= reason;
        _opened.TrySetException(new IOException($"{_lamp.Id}: {reason}"));
    }
}
