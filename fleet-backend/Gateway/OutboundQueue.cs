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
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PooledBytes _waiting = new();
    private PooledBytes _sending = new();
    private bool _isSending;
    private bool _isClosed;

    /// <summary>Adds a whole packet, or nothing where it is empty.</summary>
    public void Add(ReadOnlySpan<byte> packet)
    {
        bool overflow = false;
        lock (_gate)
        {
            if (_isClosed || packet.IsEmpty)
            {
                return;
            }

            overflow = _waiting.Count + packet.Length > maxBytes;
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

    /// <summary>Nothing is added any more. Answers whether what was added before was handed over within the time.</summary>
    public async Task<bool> CloseAsync(TimeSpan longest)
    {
        lock (_gate)
        {
            _isClosed = true;
            if (!_isSending)
            {
                return true;
            }
        }

        await Task.WhenAny(_drained.Task, Task.Delay(longest));
        return _drained.Task.IsCompleted;
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_waiting.Count == 0)
                    {
                        _isSending = false;
                        if (_isClosed)
                        {
                            _drained.TrySetResult();
                        }

                        return;
                    }

                    (_waiting, _sending) = (_sending, _waiting);
                }

                output.Write(_sending.Written);
                _sending.Clear();
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
            _waiting.Clear();
            _drained.TrySetResult();
        }
    }
}
