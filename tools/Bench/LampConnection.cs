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
    private readonly Lock _gate = new();
    private readonly Action<LampConnection, int>? _acknowledged;
    private readonly LampLink _link;
    private readonly byte[] _receiptTopic;
    private long _sentTimestamp;
    private volatile int _limit;
    private volatile bool _isRunning;

    /// <param name="history">What it sends.</param>
    /// <param name="acknowledgedBefore">Batches that have their receipt already.</param>
    /// <param name="acknowledged">Called in the socket's callback with the index of every batch whose receipt came.</param>
    /// <param name="isOpenByReceipt">Whether it waits for the receipt that the backend sends at each login; nobody else does.</param>
    public LampConnection(SignedHistory history, int acknowledgedBefore = 0, Action<LampConnection, int>? acknowledged = null, bool isOpenByReceipt = true)
    {
        _acknowledged = acknowledged;
        _limit = history.Count;
        History = history;
        Acknowledged = acknowledgedBefore;
        AckMicroseconds = new int[history.Count];
        _receiptTopic = Encoding.ASCII.GetBytes(Topics.Of(history.Lamp.Id.ToString(), Topics.Receipt));
        _link = new LampLink(history.Lamp, [Topics.Reject, Topics.Receipt], Take, isOpenByReceipt);
    }

    /// <summary>What it sends.</summary>
    public SignedHistory History { get; }

    /// <summary>Batches that have their receipt, from the first.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Whether a batch was sent and has no receipt yet.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Why the connection ended; null while it lives.</summary>
    public string? Closed => _link.Closed;

    /// <summary>Messages of the backend that are no receipts: rejects.</summary>
    public int Rejected { get; private set; }

    /// <summary>Microseconds from sending a batch to its receipt, by index; 0 where there was none on this connection.</summary>
    public int[] AckMicroseconds { get; }

    /// <summary>Connects, logs in, subscribes, and waits for the first receipt, which says where to go on, where there is one.</summary>
    /// <exception cref="SocketException">The gateway is not there.</exception>
    /// <exception cref="IOException">It refused the login or closed.</exception>
    /// <exception cref="TimeoutException">It did not answer.</exception>
    public Task OpenAsync(EndPoint gateway, CancellationToken cancellationToken) => _link.OpenAsync(gateway, cancellationToken);

    /// <summary>Sends until so many batches have their receipt; from any thread, also while it sends.</summary>
    public void Run(int limit)
    {
        lock (_gate)
        {
            _limit = limit;
            _isRunning = true;
            if (!IsUnderWay)
            {
                SendNext();
            }
        }
    }

    /// <summary>What was measured so far counts no more.</summary>
    public void ForgetTimes() => Array.Clear(AckMicroseconds);

    /// <summary>Sends nothing more; what is under way may still be answered.</summary>
    public void Stop() => _limit = 0;

    /// <inheritdoc />
    public void Dispose() => _link.Dispose();

    private void Take(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> message)
    {
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
            _link.Close("a receipt names a batch that was never sent");
            return;
        }

        lock (_gate)
        {
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

            if (_isRunning && !IsUnderWay)
            {
                SendNext();
            }
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
        _link.Send(History.Packet(Acknowledged));
    }
}
