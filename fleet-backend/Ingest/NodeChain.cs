using System.Text;
using DePin.Contracts;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Ingest;

/// <summary>
/// One node's chain in memory, and its counter of sealed messages. What is committed changes only after a commit; a group under way works
/// on <see cref="Draft"/>, which a failed commit throws away. Where other instances may have stored something of the node since, the group
/// reads what is committed first.
/// </summary>
internal sealed class NodeChain
{
    private readonly Lock _counterLock = new();
    private ChainState _committed;
    private long _counter;
    private long _reserved;
    private bool _isInDoubt;
    private int _isLookedAt;

    /// <summary>A chain as the store has it.</summary>
    /// <param name="node">Its node.</param>
    /// <param name="committed">Where it stands; <see cref="ChainState.Empty"/> where it is not in the store.</param>
    /// <param name="reserved">Counters up to here may have been sent.</param>
    /// <param name="isStored">Whether the store has a row of it.</param>
    /// <param name="isInDoubt">Whether the store may have more of it than is said here.</param>
    public NodeChain(RegisteredNode node, ChainState committed, long reserved, bool isStored, bool isInDoubt = false)
    {
        Node = node;
        _isInDoubt = isInDoubt;
        _committed = committed;
        IsStored = isStored;

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

    /// <summary>Whether the store has a row of it. Only the writer's thread touches it.</summary>
    public bool IsStored { get; set; }

    /// <summary>What will be stored if the group under way commits; null outside a group. Only the group's own thread touches it.</summary>
    public ChainState? Draft { get; set; }

    /// <summary>Where the group under way took the chain to stand. What is learned beside the group meanwhile changes nothing of that.</summary>
    public ChainState? DraftFrom { get; private set; }

    /// <summary>Whether the group under way moves the chain.</summary>
    public bool IsMoved => !ReferenceEquals(Draft, DraftFrom);

    /// <summary>Answers that the group under way owes this node.</summary>
    public int DraftAnswers { get; set; }

    /// <summary>The reservation that the group under way writes, 0 for none.</summary>
    public long DraftReserved { get; set; }

    /// <summary>A group begins with what is committed.</summary>
    public void BeginDraft() => Draft = DraftFrom = Committed;

    /// <summary>Takes the draft over as committed.</summary>
    public void Commit()
    {
        Volatile.Write(ref _committed, Draft!);
        IsStored = true;
        Reserved(DraftReserved);
        Forget();
    }

    /// <summary>Whether what is committed has to be read again before it counts.</summary>
    public bool IsInDoubt => Volatile.Read(ref _isInDoubt);

    /// <summary>Whether the group under way has read what is committed.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Drops the draft of a group that failed, perhaps after the database had committed it.</summary>
    public void Doubt()
    {
        Forget();
        Volatile.Write(ref _isInDoubt, true);
    }

    /// <summary>What the database says: null where it has no row of the chain. Only the group's own thread calls this.</summary>
    public void Settle(BatchStore.ChainRow? stored)
    {
        ChainState state = stored is null ? ChainState.Empty : ChainState.Of(stored);
        if (!state.IsSame(_committed))
        {
            Volatile.Write(ref _committed, state);
        }

        IsStored = stored is not null;
        IsSettled = true;
        Volatile.Write(ref _isInDoubt, false);
        SkipTo(stored?.Reserved ?? 0);
    }

    /// <summary>What the database said beside the groups: taken where it is further than what is known here.</summary>
    public void Learn(BatchStore.ChainRow stored)
    {
        SkipTo(stored.Reserved);
        for (ChainState known = Committed; stored.Next > known.Next;)
        {
            ChainState before = Interlocked.CompareExchange(ref _committed, ChainState.Of(stored), known);
            if (ReferenceEquals(before, known))
            {
                return;
            }

            known = before;
        }
    }

    /// <summary>The node logged in here: what is known may be behind what another instance stored.</summary>
    public void Expect()
    {
        Volatile.Write(ref _isInDoubt, true);
        Volatile.Write(ref _isLookedAt, 0);
    }

    /// <summary>Whether nobody has looked since the login; once.</summary>
    public bool TakeLook() => Interlocked.Exchange(ref _isLookedAt, 1) == 0;

    /// <summary>The first counter that nobody may have used.</summary>
    public long FirstUnreserved
    {
        get
        {
            lock (_counterLock)
            {
                return _reserved + 1;
            }
        }
    }

    /// <summary>Counters up to here may have been sent by another instance: go on above them, after a new reservation.</summary>
    public void SkipTo(long reserved)
    {
        lock (_counterLock)
        {
            if (reserved > _reserved)
            {
                _counter = _reserved = reserved;
            }
        }
    }

    /// <summary>Drops the draft.</summary>
    public void Forget()
    {
        Draft = DraftFrom = null;
        IsSettled = false;
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
