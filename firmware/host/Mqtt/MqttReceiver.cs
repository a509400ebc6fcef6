namespace DePin.Host.Mqtt;

/// <summary>Cuts the bytes of a connection into packets, in one buffer that grows up to the largest packet allowed.</summary>
internal sealed class MqttReceiver(Stream stream, int largestPacketBytes)
{
    private byte[] _buffer = new byte[Math.Min(2048, largestPacketBytes)];
    private int _start;
    private int _end;

    /// <summary>The next packet; its body is valid until the next call.</summary>
    /// <exception cref="InvalidDataException">The packet is over the bound, or its length is malformed.</exception>
    /// <exception cref="EndOfStreamException">The gateway closed the connection.</exception>
    public async ValueTask<MqttPacket> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (MqttPackets.TryReadHeader(_buffer.AsSpan(_start, _end - _start), out byte first, out int header, out int remaining))
            {
                int length = header + remaining;
                if (length > largestPacketBytes)
                {
                    throw new InvalidDataException($"the gateway sent a packet of {length} bytes; {largestPacketBytes} are allowed");
                }

                if (_end - _start >= length)
                {
                    var body = new ReadOnlyMemory<byte>(_buffer, _start + header, remaining);
                    _start += length;
                    return new MqttPacket(first, body);
                }

                MakeRoom(length);
            }
            else
            {
                MakeRoom(Math.Min(16, largestPacketBytes));
            }

            int count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (count == 0)
            {
                throw new EndOfStreamException("the gateway closed the connection");
            }

            _end += count;
        }
    }

    private void MakeRoom(int packetLength)
    {
        if (_start + packetLength <= _buffer.Length && _end < _buffer.Length)
        {
            return;
        }

        byte[] target = packetLength <= _buffer.Length ? _buffer : new byte[packetLength];
        _buffer.AsSpan(_start, _end - _start).CopyTo(target);
        _end -= _start;
        _start = 0;
        _buffer = target;
    }
}
