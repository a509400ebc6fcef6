using System.Text;
using DePin.Contracts;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Ingest;

/// <summary>
/// One node's chain in memory, and its counter of sealed messages. What is committed changes only after a commit; a group under way works
/// on <see cref="Draft"/>, which a failed commit throws away.
/// </summary>
internal sealed class NodeChain
{
    private readonly Lock _counterLock = new();
    private ChainState _committed;
    private long _counter;
    private long _reserved;

    public NodeChain(RegisteredNode node, ChainState committed, long reserved)
    {
        Node = node;
        _committed = committed;

        // What was reserved before may have been sent: go on above it.
        _counter = reserved;
        _reserved = reserved;
        ReceiptMacHead = Encoding.ASCII.GetBytes(Topics.Of(node.IdText, Topics.Receipt) + '\0');
        RejectMacHead = Encoding.ASCII.GetBytes(Topics.Of(node.IdText, Topics.Reject) + '\0');
    }

    public RegisteredNode Node { get; }

    /// <summary>What a receipt's MAC covers before the payload: topic and a zero byte.</summary>
    public byte[] ReceiptMacHead { get; }

    /// <summary>What a reject's MAC covers before the payload.</summary>
    public byte[] RejectMacHead { get; }

    /// <summary>What is stored; safe to read from any thread.</summary>
    public ChainState Committed => Volatile.Read(ref _committed);

    /// <summary>What will be stored if the group under way commits; null outside a group. Only the group's own thread touches it.</summary>
    public ChainState? Draft { get; set; }

    /// <summary>Answers that the group under way owes this node.</summary>
    public int DraftAnswers { get; set; }

    /// <summary>The reservation that the group under way writes, 0 for none.</summary>
    public long DraftReserved { get; set; }

    /// <summary>Takes the draft over as committed.</summary>
    public void Commit()
    {
        Volatile.Write(ref _committed, Draft!);
        Reserved(DraftReserved);
        Forget();
    }

    /// <summary>Whether what is committed has to be read again before it counts.</summary>
    public bool IsInDoubt { get; private set; }

    /// <summary>Drops the draft of a group that failed, perhaps after the database had committed it.</summary>
    public void Doubt()
    {
        Forget();
        IsInDoubt = true;
    }

    /// <summary>What the database says.</summary>
    public void Settle(ChainState stored)
    {
        Volatile.Write(ref _committed, stored);
        IsInDoubt = false;
    }

    /// <summary>Drops the draft.</summary>
    public void Forget()
    {
        Draft = null;
        DraftAnswers = 0;
        DraftReserved = 0;
    }

    /// <summary>A durable reservation up to here was committed.</summary>
    public void Reserved(long upTo)
    {
        lock (_counterLock)
        {
            _reserved = Math.Max(_reserved, upTo);
        }
    }

    /// <summary>Where a reservation must reach so that this many counters are left beside a margin; 0 when they are.</summary>
    public long ReservationFor(int counters, int margin, int block)
    {
        lock (_counterLock)
        {
            return _reserved - _counter >= counters + margin ? 0 : _counter + counters + margin + block;
        }
    }

    /// <summary>The next counter, or 0 when fewer than <paramref name="margin"/> would be left of what is reserved.</summary>
    public long TakeCounter(int margin)
    {
        lock (_counterLock)
        {
            return _reserved - _counter > margin ? ++_counter : 0;
        }
    }
}
