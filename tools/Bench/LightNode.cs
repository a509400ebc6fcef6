using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;

namespace DePin.Tools.Bench;

/// <summary>
/// A node that does nothing but take updates, made for load: it believes every offer, asks for all blocks, counts them, and reports. Simulated: it
/// checks no seal, no signature and no hash, and runs nothing; what it sends and gets is what a real node would.
/// </summary>
internal sealed class LightNode : IDisposable
{
    private const int ConnackPacket = 2, PublishPacket = 3;
    private const int BufferBytes = 4096;

    private static readonly TimeSpan LoginLimit = TimeSpan.FromSeconds(60);

    private readonly Action<LightNode> _confirmed;
    private readonly SocketAsyncEventArgs _receive = new();
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly byte[] _topic;
    private readonly byte[] _session = RandomNumberGenerator.GetBytes(Session.Size);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private int _buffered;
    private long _counter;
    private long _attempt;
    private byte[] _release = [];
    private byte[] _firmware = new byte[Batch.FirmwareSize];
    private int _blocks;

    /// <param name="lamp">Whose connection it is.</param>
    /// <param name="confirmed">Called in the socket's callback when it has all blocks.</param>
    public LightNode(Lamp lamp, Action<LightNode> confirmed)
    {
        Lamp = lamp;
        _confirmed = confirmed;
        _topic = Encoding.ASCII.GetBytes(Topics.Of(lamp.Id.ToString(), Topics.Update));
        _receive.SetBuffer(_buffer, 0, _buffer.Length);
        _receive.Completed += (_, _) => Received();
    }

    /// <summary>Whose connection it is.</summary>
    public Lamp Lamp { get; }

    /// <summary>Blocks that came.</summary>
    public int BlocksHeld { get; private set; }

    /// <summary>When the offer came, real milliseconds; 0 before.</summary>
    public long OfferedAtMs { get; private set; }

    /// <summary>How often it was told to come later.</summary>
    public int Busy { get; private set; }

    /// <summary>Milliseconds at which it has to ask again; 0 where it waits for nothing.</summary>
    public long AsksAgainAtMs { get; private set; }

    /// <summary>Why the connection ended; null while it lives.</summary>
    public string? Closed { get; private set; }

    /// <summary>Connects, logs in, subscribes, and says how it is.</summary>
    /// <exception cref="SocketException">The gateway is not there.</exception>
    /// <exception cref="IOException">It refused the login or closed.</exception>
    /// <exception cref="TimeoutException">It did not answer.</exception>
    public async Task OpenAsync(EndPoint gateway, CancellationToken cancellationToken)
    {
        await _socket.ConnectAsync(gateway, cancellationToken);
        await _socket.SendAsync(LampLogin.Packets(Lamp, Topics.Update), cancellationToken);
        ReceiveMore();
        await _opened.Task.WaitAsync(LoginLimit, cancellationToken);
        SayStatus();
    }

    /// <summary>Says that it lives, with the firmware that it runs.</summary>
    public void SayStatus()
    {
        Status status = Status.Create(_session, _firmware);
        status.Sequence = 1;
        Publish(Topics.Status, status.Encode());
    }

    /// <summary>PINGREQ: the gateway closes a connection that is silent for one and a half times its keep-alive.</summary>
    public void Ping() => Send([0xC0, 0]);

    /// <summary>Asks for the next blocks.</summary>
    public void Ask()
    {
        AsksAgainAtMs = Environment.TickCount64 + 10_000;
        Publish(Topics.UpdateReport, new BlockRequest(_session, SignedRelease.Id(_release), BlocksHeld, Math.Min(UpdateLimits.BlocksPerRequest, _blocks - BlocksHeld)).Encode());
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _socket.Dispose();
        _receive.Dispose();
    }

    private void Take(ReadOnlySpan<byte> message)
    {
        if (UpdateBlock.IsBlock(message.ToArray()))
        {
            TakeBlock();
            return;
        }

        // [payload, mac]: the seal is not checked.
        byte[] bytes = message.ToArray();
        var reader = new CborReader(bytes, 0, bytes.Length);
        reader.ReadArray(2, 2);
        byte[] payload = reader.ReadBytes(1, SealedMessage.MaxBytes);
        if (reader.Error != DecodeError.None || UpdateNotice.Decode(payload, out _) is not { } notice)
        {
            return;
        }

        if (notice.Kind == UpdateNotice.Offer && SignedRelease.Decode(notice.Signed, out _) is { } release && _attempt != notice.Attempt)
        {
            _attempt = notice.Attempt;
            _release = SHA256.HashData(release.Envelope.CopyPayload());
            _blocks = release.Manifest.Blocks;
            _firmware = release.Manifest.BundleSha256[..Batch.FirmwareSize];
            OfferedAtMs = Environment.TickCount64;
            Report(UpdateState.Accepted);
            Ask();
        }
        else if (notice.Kind == UpdateNotice.Busy)
        {
            Busy++;
            AsksAgainAtMs = Environment.TickCount64 + (notice.Seconds * 1000L);
        }
    }

    private void TakeBlock()
    {
        if (BlocksHeld == _blocks || ++BlocksHeld == _blocks)
        {
            if (AsksAgainAtMs != 0)
            {
                AsksAgainAtMs = 0;
                Report(UpdateState.Confirmed);
                _confirmed(this);
            }
        }
        else if (BlocksHeld % UpdateLimits.BlocksPerRequest == 0)
        {
            Ask();
        }
    }

    private void Report(UpdateState state)
    {
        UpdateReport report = UpdateReport.Create(Lamp.Id, _session, _release, _firmware);
        report.Attempt = _attempt;
        report.Counter = ++_counter;
        report.State = state;
        report.BlocksHeld = BlocksHeld;
        report.Sequence = 1;
        byte[] payload = report.Encode();
        byte[] signature = Lamp.Key.SignData(SignedMessage.ToBeSigned(UpdateReport.Context, payload, 0, payload.Length), HashAlgorithmName.SHA256);
        SignatureForm.MakeLow(signature);
        Publish(Topics.UpdateReport, SignedMessage.Encode(Lamp.Id, payload, signature));
    }

    // QoS 0; topic and message stay below 16 KiB, so the length has one or two bytes.
    private void Publish(string part, byte[] message)
    {
        byte[] topic = Encoding.ASCII.GetBytes(Topics.Of(Lamp.Id.ToString(), part));
        int length = 2 + topic.Length + message.Length;
        byte[] head = length < 128 ? [0x30, (byte)length] : [0x30, (byte)(length | 0x80), (byte)(length >> 7)];
        Send([.. head, (byte)(topic.Length >> 8), (byte)topic.Length, .. topic, .. message]);
    }

    private void Send(byte[] packet)
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

            _opened.TrySetResult();
        }

        if (first >> 4 != PublishPacket)
        {
            return;
        }

        int topicBytes = BinaryPrimitives.ReadUInt16BigEndian(body);
        if (body.Slice(2, topicBytes).SequenceEqual(_topic))
        {
            Take(body[(2 + topicBytes + ((first & QosBits) == 0 ? 0 : 2))..]);
        }
    }

    private void Close(string reason)
    {
        Closed ??= reason;
        _opened.TrySetException(new IOException($"{Lamp.Id}: {reason}"));
    }
}
