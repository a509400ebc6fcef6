using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DePin.Contracts;

namespace DePin.Tools.Bench;

/// <summary>
/// One lamp's connection, made for load: one batch under way at a time, the next as soon as the receipt covers it. All its work
/// happens in the socket's callback, in buffers that are reused; nothing is allocated for a message.
/// </summary>
internal sealed class LampConnection : IDisposable
{
    private const int ConnackPacket = 2;
    private const int PublishPacket = 3;
    private const int BufferBytes = 4096;

    private static readonly TimeSpan LoginLimit = TimeSpan.FromSeconds(30);

    private readonly Action<LampConnection, int>? _acknowledged;
    private readonly SocketAsyncEventArgs _receive = new();
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly byte[] _receiptTopic;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private int _buffered;
    private long _sentTimestamp;
    private volatile int _limit;
    private volatile bool _isRunning;

    /// <param name="history">What it sends.</param>
    /// <param name="acknowledgedBefore">Batches that have their receipt already.</param>
    /// <param name="acknowledged">Called in the socket's callback with the index of every batch whose receipt came.</param>
    public LampConnection(SignedHistory history, int acknowledgedBefore = 0, Action<LampConnection, int>? acknowledged = null)
    {
        _acknowledged = acknowledged;
        _limit = history.Count;
        History = history;
        Acknowledged = acknowledgedBefore;
        AckMicroseconds = new int[history.Count];
        _receiptTopic = Encoding.ASCII.GetBytes(Topics.Of(history.Lamp.Id.ToString(), Topics.Receipt));
        _receive.SetBuffer(_buffer, 0, _buffer.Length);
        _receive.Completed += (_, _) => Received();
    }

    /// <summary>What it sends.</summary>
    public SignedHistory History { get; }

    /// <summary>Batches that have their receipt, from the first.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Whether a batch was sent and has no receipt yet.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Why the connection ended; null while it lives.</summary>
    public string? Closed { get; private set; }

    /// <summary>Messages of the backend that are no receipts: rejects.</summary>
    public int Rejected { get; private set; }

    /// <summary>Microseconds from sending a batch to its receipt, by index; 0 where there was none on this connection.</summary>
    public int[] AckMicroseconds { get; }

    /// <summary>Connects, logs in, subscribes, and waits for the first receipt, which says where to go on.</summary>
    /// <exception cref="SocketException">The gateway is not there.</exception>
    /// <exception cref="IOException">It refused the login or closed.</exception>
    /// <exception cref="TimeoutException">It did not answer.</exception>
    public async Task OpenAsync(EndPoint gateway, CancellationToken cancellationToken)
    {
        await _socket.ConnectAsync(gateway, cancellationToken);
        await _socket.SendAsync(LampLogin.Packets(History.Lamp), cancellationToken);
        ReceiveMore();
        await _opened.Task.WaitAsync(LoginLimit, cancellationToken);
    }

    /// <summary>Sends until so many batches have their receipt.</summary>
    public void Run(int limit)
    {
        _limit = limit;
        _isRunning = true;
        if (!IsUnderWay)
        {
            SendNext();
        }
    }

    /// <summary>Sends nothing more; what is under way may still be answered.</summary>
    public void Stop() => _limit = 0;

    /// <inheritdoc />
    public void Dispose()
    {
        _socket.Dispose();
        _receive.Dispose();
    }

    private void Received()
    {
        if (Take())
        {
            ReceiveMore();
        }
    }

    // Asks for more, and takes at once what is there already.
    private void ReceiveMore()
    {
        try
        {
            do
            {
                _receive.SetBuffer(_buffered, BufferBytes - _buffered);
            }
            while (!_socket.ReceiveAsync(_receive) && Take());
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            Close(problem.Message);
        }
    }

    private bool Take()
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
        if (_buffered - start < 2)
        {
            return false;
        }

        int length = _buffer[start + 1] & 0x7F;
        body = start + 2;
        if (_buffer[start + 1] > 0x7F)
        {
            if (_buffered - start < 3)
            {
                return false;
            }

            length |= _buffer[start + 2] << 7;
            body = start + 3;
        }

        end = body + length;
        return end <= _buffered;
    }

    private void Handle(byte first, ReadOnlySpan<byte> body)
    {
        const int QosBits = 0x06;
        int type = first >> 4;
        if (type == ConnackPacket && body[1] != 0)
        {
            Close($"the gateway refused the login with code {body[1]}");
        }

        if (type != PublishPacket)
        {
            return;
        }

        int topicBytes = BinaryPrimitives.ReadUInt16BigEndian(body);
        ReadOnlySpan<byte> topic = body.Slice(2, topicBytes);
        ReadOnlySpan<byte> message = body[(2 + topicBytes + ((first & QosBits) == 0 ? 0 : 2))..];
        if (topic.SequenceEqual(_receiptTopic) && ReceiptView.TryRead(message, out long next, out ReadOnlySpan<byte> head))
        {
            Cover(SignedHistory.Covered(next), head);
        }
        else
        {
            Rejected++;
        }
    }

    private void Cover(int batches, ReadOnlySpan<byte> head)
    {
        if (batches > 0 && (batches > History.Count || !head.SequenceEqual(History.Hash(batches - 1))))
        {
            Close("a receipt names a batch that was never sent");
            return;
        }

        while (Acknowledged < batches)
        {
            if (IsUnderWay)
            {
                AckMicroseconds[Acknowledged] = (int)Stopwatch.GetElapsedTime(_sentTimestamp).TotalMicroseconds;
                IsUnderWay = false;
            }

            int index = Acknowledged++;
            _acknowledged?.Invoke(this, index);
        }

        _opened.TrySetResult();
        if (_isRunning && !IsUnderWay)
        {
            SendNext();
        }
    }

    private void SendNext()
    {
        if (Acknowledged >= _limit || Closed is not null)
        {
            return;
        }

        IsUnderWay = true;
        _sentTimestamp = Stopwatch.GetTimestamp();
        try
        {
            _socket.Send(History.Packet(Acknowledged));
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            Close(problem.Message);
        }
    }

    private void Close(string reason)
    {
        Closed ??= reason;
        _opened.TrySetException(new IOException($"{History.Lamp.Id}: {reason}"));
    }
}
