using System.Buffers;
using System.IO.Pipelines;

namespace DePin.Fleet.Gateway;

/// <summary>
/// What a connection has to send. Any thread adds; whoever finds nobody sending sends, and takes along what comes meanwhile, so
/// that many answers leave in one write.
/// </summary>
internal sealed class OutboundQueue(PipeWriter output, int maxBytes, Action<CloseReason> close)
{
    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _waiting = new(256);
    private ArrayBufferWriter<byte> _sending = new(256);
    private bool _isSending;
    private bool _isClosed;

    /// <summary>Adds a whole packet, given as head byte and body parts.</summary>
    public void Add(ReadOnlySpan<byte> packet)
    {
        bool overflow = false;
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            overflow = _waiting.WrittenCount + packet.Length > maxBytes;
            if (!overflow)
            {
                _waiting.Write(packet);
                if (_isSending)
                {
                    return;
                }

                _isSending = true;
            }
        }

        if (overflow)
        {
            close(CloseReason.SlowReader);
            return;
        }

        _ = SendAsync();
    }

    /// <summary>Nothing is added any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    /// <summary>Waits until what was added is handed to the socket, or the time is over.</summary>
    public async Task DrainAsync(TimeSpan longest)
    {
        long deadline = Environment.TickCount64 + (long)longest.TotalMilliseconds;
        while (Environment.TickCount64 < deadline)
        {
            lock (_gate)
            {
                if (!_isSending)
                {
                    return;
                }
            }

            await Task.Delay(5);
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_waiting.WrittenCount == 0)
                    {
                        _isSending = false;
                        return;
                    }

                    (_waiting, _sending) = (_sending, _waiting);
                }

                output.Write(_sending.WrittenSpan);
                _sending.ResetWrittenCount();
                FlushResult result = await output.FlushAsync();
                if (result.IsCompleted || result.IsCanceled)
                {
                    Stop();
                    close(CloseReason.Lost);
                    return;
                }
            }
        }
        catch (Exception problem) when (problem is IOException or InvalidOperationException or ObjectDisposedException)
        {
            // The peer went away between two packets: the reading side ends the same way and counts it.
            Stop();
            close(CloseReason.Lost);
        }
    }

    private void Stop()
    {
        lock (_gate)
        {
            _isClosed = true;
            _isSending = false;
        }
    }
}
