using System.Data.Common;
using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ingest;

/// <summary>
/// Decides on a group of verified messages and writes what they leave, all in the one transaction of a store writer's job. Works on the
/// chains' drafts; the caller commits or forgets them as the transaction does. For the store writer's thread.
/// </summary>
internal sealed class GroupCommit : IDisposable
{
    /// <summary>Counters of sealed messages reserved at a time.</summary>
    public const int ReservedBlock = 1000;

    /// <summary>Counters left to receipts for statuses and subscriptions that come in beside the group.</summary>
    public const int ReservedMargin = 250;

    private readonly QuarantineStore _quarantine = new();
    private GroupStore? _statements;

    /// <summary>Writes the group and answers the chains it touched, with their drafts.</summary>
    public List<NodeChain> Write(DbConnection connection, List<Verified> group, List<NodeChain> touched)
    {
        _statements ??= new GroupStore(connection);
        foreach (Verified message in group)
        {
            message.BeginDecision();
            if (message.Chain!.DraftAnswers++ == 0)
            {
                touched.Add(message.Chain);
            }
        }

        Settle(connection, [.. touched.Where(chain => chain.IsInDoubt)]);
        foreach (NodeChain chain in touched)
        {
            chain.BeginDraft();
            if (!chain.IsStored)
            {
                _statements.BeginChain(chain.Node.RowId);
            }
        }

        foreach (Verified message in group)
        {
            Decide(message, message.Chain!);
        }

        foreach (NodeChain chain in touched)
        {
            chain.DraftReserved = chain.ReservationFor(chain.DraftAnswers, 2 * ReservedMargin, ReservedBlock);
            if (chain.DraftReserved != 0 || chain.IsMoved)
            {
                _statements.MoveChain(chain.Node.RowId, chain.DraftFrom!, chain.Draft!, chain.DraftReserved);
            }
        }

        return touched;
    }

    /// <summary>Reserves counters for a node outside a group; up to where, or 0 where enough are left.</summary>
    public long Reserve(DbConnection connection, NodeChain chain)
    {
        SkipToStored(connection, chain);
        long upTo = chain.ReservationFor(1, ReservedMargin, ReservedBlock);
        if (upTo != 0)
        {
            _statements ??= new GroupStore(connection);
            _statements.Reserve(chain.Node.RowId, upTo);
            chain.IsStored = true;
        }

        return upTo;
    }

    /// <summary>One counter above all that any instance has, for a message that another one hands on.</summary>
    public long ReserveAbove(DbConnection connection, NodeChain chain)
    {
        SkipToStored(connection, chain);
        long counter = chain.FirstUnreserved;
        _statements ??= new GroupStore(connection);
        _statements.Reserve(chain.Node.RowId, counter);
        chain.IsStored = true;
        chain.SkipTo(counter);
        return counter;
    }

    // One job may reserve twice for a node: the second time sees the first.
    private static void SkipToStored(DbConnection connection, NodeChain chain)
    {
        connection.WriteRows();
        chain.SkipTo(BatchStore.Reserved(connection, chain.Node.RowId));
    }

    private static void Settle(DbConnection connection, NodeChain[] chains)
    {
        if (chains.Length > 0)
        {
            Dictionary<string, BatchStore.ChainRow> stored = BatchStore.ChainsOf(connection, [.. chains.Select(chain => chain.Node.RowId)]);
            Array.ForEach(chains, chain => chain.Settle(stored.GetValueOrDefault(chain.Node.IdText)));
        }
    }

    // What is known here may be behind what another instance stored. A chain that moves finds that out by itself; before anything else is decided by where it
    // stands, the store is asked, once. The answer is whether it was.
    private bool TrySettle(NodeChain chain)
    {
        if (!_statements!.Connection.IsPostgres() || chain.IsSettled || chain.IsMoved)
        {
            return false;
        }

        Settle(_statements.Connection, [chain]);
        chain.BeginDraft();
        return true;
    }

    /// <summary>The transaction failed.</summary>
    public void RolledBack() => _quarantine.Recount();

    public void Dispose() => _statements?.Dispose();

    private void Decide(Verified message, NodeChain chain)
    {
        if (message.Link is { } link)
        {
            DecideBatch(message, link, chain);
        }
        else if (message.Gap is { } gap)
        {
            if (ChainRules.Declares(chain.Draft!, gap, message.Incoming.Session) || (TrySettle(chain) && ChainRules.Declares(chain.Draft!, gap, message.Incoming.Session)))
            {
                chain.Draft = chain.Draft! with { Pending = PendingGap.Of(gap, message.Incoming.Message) };
            }
        }
        else
        {
            _quarantine.Keep(_statements!.Connection, message.Incoming, message.Refusal!.Value);
        }
    }

    private void DecideBatch(Verified message, Link link, NodeChain chain)
    {
        Placement placement = ChainRules.Place(chain.Draft!, link);
        if (placement is not (Placement.Follows or Placement.FollowsGap) && TrySettle(chain))
        {
            placement = ChainRules.Place(chain.Draft!, link);
        }

        ChainState state = chain.Draft!;
        switch (placement)
        {
            case Placement.Follows:
                Store(message, link, chain, gapFrom: null);
                break;
            case Placement.FollowsGap:
                _statements!.InsertGap(chain.Node.RowId, state.Pending!, message.Incoming.ArrivedUnixMilliseconds);
                Store(message, link, chain, state.Pending!.From);
                break;
            case Placement.Ahead:
                break;
            case Placement.Behind:
                DecideBehind(message, link);
                break;
            case Placement.InsideGap:
                Contradict(message, link, RejectReason.InsideGap);
                break;
            case Placement.OtherPast:
                Contradict(message, link, RejectReason.Fork);
                break;
        }
    }

    private void Store(Verified message, Link link, NodeChain chain, long? gapFrom)
    {
        _statements!.InsertBatch(message.Incoming, link, gapFrom);
        message.IsStored = true;
        chain.Draft = ChainRules.After(link);
    }

    private void DecideBehind(Verified message, Link link)
    {
        long node = message.Incoming.Node.RowId;
        byte[]? stored = _statements!.StoredHash(node, link.Sequence);
        if (stored is null || !stored.AsSpan().SequenceEqual(link.PayloadHash))
        {
            Contradict(message, link, stored is null && _statements.IsInsideGap(node, link.Sequence) ? RejectReason.InsideGap : RejectReason.Fork);
        }
    }

    // The signature is the node's: two versions of one past exist. Both are kept, and a person has to look.
    private void Contradict(Verified message, Link link, RejectReason reason)
    {
        message.Refusal = reason;
        _statements!.InsertEvidence(message.Incoming, link, reason);
        _statements.Connection.TakeBooks();
        SuspensionStore.Begin(_statements.Connection, message.Incoming.Node.RowId, new Suspension(
            message.Incoming.ArrivedUnixMilliseconds,
            IngestMetrics.NameOf(reason),
            Sentence.Of($"a second batch {Convert.ToHexStringLower(link.PayloadHash)} at sequence {link.Sequence}, signed by the node"),
            Sentence.Of($"A fleet manager compares both versions of the chain and lifts or confirms the suspension."),
            "ingest"));
    }
}
