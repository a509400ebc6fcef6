using System.Collections.Concurrent;
using System.Data.Common;
using System.Threading.Channels;
using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ingest;

/// <summary>
/// Takes messages of nodes, verifies and stores them, and answers after the commit: submit, verify on every core (a node always on the
/// same one, which keeps its order), commit in groups, answer. Every queue is bounded; a full one slows the connections down.
/// </summary>
public sealed class IngestPipeline : IAsyncDisposable
{
    private const int WaitingPerVerifier = 1024;
    private const int VerifiedTogether = 32;
    private const int WaitingForCommit = 2048;
    private const int GroupMessages = 2000;
    private const int KeysInMemory = 20_000;

    private readonly ConcurrentDictionary<long, NodeChain> _chains = new();

    // Counters begin above the machine's own Unix microseconds, never a demonstration's: so they also rise where the database is an
    // older copy, or a node was registered anew. Nothing uses up a million a second, and they stay below 2^53 until the year 2255.
    private readonly long _leastCounter = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1000;
    private readonly Channel<Incoming>[] _submitted;
    private readonly Channel<Verified> _verified;
    private readonly Task[] _verifiers;
    private readonly Task _committer;
    private readonly GroupCommit _group = new();
    private readonly Database _database;
    private readonly GroupedWork _reservations;
    private readonly StoreWriter _writer;
    private readonly TimeProvider _time;
    private readonly IngestMetrics _metrics;
    private readonly ILogger<IngestPipeline> _log;
    private volatile int _beingStored;

    /// <summary>Reads where every chain stands, unless other instances move them too, and starts the stages.</summary>
    public IngestPipeline(Database database, StoreWriter writer, NodeDirectory nodes, TimeProvider time, IngestMetrics metrics, ILogger<IngestPipeline> log)
    {
        _database = database;
        _writer = writer;
        _reservations = new GroupedWork(writer);
        _time = time;
        _metrics = metrics;
        _log = log;
        if (!database.IsShared)
        {
            LoadChains(database, nodes);
        }

        int cores = Environment.ProcessorCount;
        _verified = Channel.CreateBounded<Verified>(new BoundedChannelOptions(WaitingForCommit) { SingleReader = true });
        _submitted = [.. Enumerable.Range(0, cores).Select(_ => Channel.CreateBounded<Incoming>(new BoundedChannelOptions(WaitingPerVerifier) { SingleReader = true }))];
        _verifiers = [.. _submitted.Select(queue => Task.Run(() => VerifyAsync(queue.Reader, KeysInMemory / cores)))];
        _committer = Task.Factory.StartNew(Commit, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>What stores messages, see <see cref="StoreWriter.ForIngest"/>.</summary>
    internal StoreWriter Writer => _writer;

    /// <summary>Messages that wait to be verified or stored, those that are being stored included.</summary>
    public int Waiting => _submitted.Sum(queue => queue.Reader.Count) + _verified.Reader.Count + _beingStored;

    /// <summary>Queues a message; waits while the queue is full, which slows the node's own connection down and nobody else's.</summary>
    public ValueTask SubmitAsync(Incoming message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _submitted[(int)(message.Node.RowId % _submitted.Length)].Writer.WriteAsync(message, cancellationToken);
    }

    /// <summary>A node logged in here; another instance may have taken batches of it since it was here last.</summary>
    public void Expect(RegisteredNode node)
    {
        if (_database.IsShared)
        {
            ChainOf(node).Expect();
        }
    }

    /// <summary>Another instance handed a message on to a node that is here, with this counter: what is sealed from now on goes above it.</summary>
    public void SkipTo(RegisteredNode node, long counter) => ChainOf(node).SkipTo(counter);

    /// <summary>
    /// A number for a login of a node: above that of each login that heard from its backend before, wherever that was, since every instance reserves its
    /// counters above all that were reserved.
    /// </summary>
    public async ValueTask<long> NumberLoginAsync(RegisteredNode node, CancellationToken cancellationToken) => await TakeCounterAsync(await LookedAsync(node, cancellationToken), cancellationToken);

    /// <summary>The sealed receipt for what is stored of a node now, with a fresh counter; for a SUBSCRIBE and for a status.</summary>
    public async ValueTask<byte[]> SealReceiptAsync(RegisteredNode node, byte[] session, CancellationToken cancellationToken)
    {
        NodeChain chain = await LookedAsync(node, cancellationToken);
        long counter = await TakeCounterAsync(chain, cancellationToken);
        _metrics.CountReceipt();
        return AnswerSealer.Receipt(chain, session, counter, _time.GetUtcNow().ToUnixTimeSeconds());
    }

    /// <summary>Any other message to a node, sealed with a fresh counter.</summary>
    public async ValueTask<byte[]> SealAsync(RegisteredNode node, byte[] session, string topic, Func<DownHeader, byte[]> payload, CancellationToken cancellationToken)
    {
        NodeChain chain = await LookedAsync(node, cancellationToken);
        long counter = await TakeCounterAsync(chain, cancellationToken);
        return AnswerSealer.Other(node, topic, payload(new DownHeader(node.Id, session, counter)));
    }

    /// <summary>A message to a node that is connected to another instance, with a counter above all that were reserved.</summary>
    public async Task<(byte[] Sealed, long Counter)> SealElsewhereAsync(RegisteredNode node, byte[] session, string topic, Func<DownHeader, byte[]> payload)
    {
        NodeChain chain = ChainOf(node);
        long counter = await _reservations.RunAsync(connection => _group.ReserveAbove(connection, chain), CancellationToken.None);
        return (AnswerSealer.Other(node, topic, payload(new DownHeader(node.Id, session, counter))), counter);
    }

    /// <summary>Finishes what was submitted, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (Channel<Incoming> queue in _submitted)
        {
            queue.Writer.TryComplete();
        }

        await Task.WhenAll(_verifiers);
        _verified.Writer.TryComplete();
        await _committer;
        await _reservations.DisposeAsync();
        await _writer.RunAsync(_ => _group.Dispose());
    }

    private void LoadChains(Database database, NodeDirectory nodes)
    {
        using DbConnection reader = database.OpenReader();
        foreach (BatchStore.ChainRow row in BatchStore.Chains(reader))
        {
            RegisteredNode node = nodes.Find(row.NodeId) ?? throw new InvalidDataException($"node {row.NodeId} has a chain and is not in the directory");
            _chains[node.RowId] = new NodeChain(node, ChainState.Of(row), Math.Max(row.Reserved, _leastCounter), isStored: true);
        }
    }

    // After a login, what other instances stored and sent meanwhile comes first. The writer reads it: what it sees, no loss of the primary takes away.
    private async ValueTask<NodeChain> LookedAsync(RegisteredNode node, CancellationToken cancellationToken)
    {
        NodeChain chain = ChainOf(node);
        if (_database.IsShared && chain.TakeLook()
            && await _reservations.RunAsync(connection => BatchStore.ChainAt(connection, node.RowId), cancellationToken).WaitAsync(cancellationToken) is { } stored)
        {
            chain.Learn(stored);
        }

        return chain;
    }

    // Where other instances write, a chain is in doubt from the beginning: it is read when its node is heard, and takes up memory only then.
    private NodeChain ChainOf(RegisteredNode node) =>
        _chains.GetOrAdd(
            node.RowId,
            static (_, start) => new NodeChain(start.node, ChainState.Empty, start._leastCounter, isStored: false, isInDoubt: start.IsShared),
            (node, _leastCounter, _database.IsShared));

    private async ValueTask<long> TakeCounterAsync(NodeChain chain, CancellationToken cancellationToken)
    {
        long counter;
        while ((counter = chain.TakeCounter(GroupCommit.ReservedMargin)) == 0)
        {
            await ReserveAsync(chain, cancellationToken).WaitAsync(cancellationToken);
        }

        return counter;
    }

    // After a start every node needs one for its first receipt, and after an outage all of them at once.
    private async Task ReserveAsync(NodeChain chain, CancellationToken cancellationToken)
    {
        if (chain.ReservationFor(1, GroupCommit.ReservedMargin, GroupCommit.ReservedBlock) != 0)
        {
            chain.Reserved(await _reservations.RunAsync(connection => _group.Reserve(connection, chain), cancellationToken));
        }
    }

    private async Task VerifyAsync(ChannelReader<Incoming> submitted, int keyCapacity)
    {
        using var verifier = new MessageVerifier(keyCapacity, CouldNotJudge);
        List<Incoming> together = [];
        while (await submitted.WaitToReadAsync())
        {
            while (together.Count < VerifiedTogether && submitted.TryRead(out Incoming? incoming))
            {
                together.Add(incoming);
            }

            foreach (Verified verified in verifier.Verify(together))
            {
                verified.Chain = ChainOf(verified.Incoming.Node);
                await _verified.Writer.WriteAsync(verified);
            }

            together.Clear();
        }
    }

    // Not a refusal but a fault of ours; it must not stop verification for all others.
    private void CouldNotJudge(Incoming incoming, Exception problem)
    {
        _log.LogError(problem, "A message of node {Node} could not be judged.", incoming.Node.IdText);
        Guarded(incoming, sink => sink.NotStored(incoming));
    }

    // While a group is being written, the one before it is answered. On a thread of its own: behind the connections' work for the pool, what is committed would wait for milliseconds.
    private void Commit()
    {
        List<Verified> written = [];
        while (_verified.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            do
            {
                List<Verified> group = Gather();
                _beingStored = group.Count;
                List<NodeChain> touched = [];
                Task writing = WriteAsync(group, touched);
                Answer(written);
                written = IsWritten(writing, group, touched) ? group : [];
                _beingStored = 0;
            }
            while (_verified.Reader.TryPeek(out _));
            Answer(written);
            written = [];
        }
    }

    private List<Verified> Gather()
    {
        List<Verified> group = [];
        while (group.Count < GroupMessages && _verified.Reader.TryRead(out Verified? message))
        {
            group.Add(message);
        }

        return group;
    }

    private Task WriteAsync(List<Verified> group, List<NodeChain> touched) => _writer.RunAsync(connection => _group.Write(connection, group, touched));

    private bool IsWritten(Task writing, List<Verified> group, List<NodeChain> touched)
    {
        try
        {
            WaitFor(writing, group, touched);
        }
        catch (Exception problem)
        {
            // Nothing of the group is answered: every node keeps what it sent. Nothing of it is stored either, unless the connection was lost in the middle
            // of the commit, so the database says next time.
            Doubt(touched);
            _metrics.CountWriteFailure();
            _log.LogError(problem, "A group of {Count} messages could not be stored; the nodes keep them and send them again.", group.Count);
            group.ForEach(message => Guarded(message.Incoming, sink => sink.NotStored(message.Incoming)));
            return false;
        }

        touched.ForEach(chain => chain.Commit());
        return true;
    }

    private void WaitFor(Task writing, List<Verified> group, List<NodeChain> touched)
    {
        try
        {
            writing.GetAwaiter().GetResult();
        }
        catch (DbException problem) when (OvertakenException.Explains(problem))
        {
            // Another instance moved one of the chains: now all are read first.
            Doubt(touched);
            WriteAsync(group, touched).GetAwaiter().GetResult();
        }
    }

    private void Doubt(List<NodeChain> touched)
    {
        touched.ForEach(chain => chain.Doubt());
        touched.Clear();
        _group.RolledBack();
    }

    private void Answer(List<Verified> group)
    {
        long now = _time.GetUtcNow().ToUnixTimeSeconds();
        int stored = 0;
        foreach (Verified message in group)
        {
            stored += message.IsStored ? 1 : 0;
            long counter = TakeAnswerCounter(message.Chain!);
            if (counter == 0)
            {
                // Without a counter there is no answer; the node comes again and hears that its message is stored.
                Guarded(message.Incoming, sink => sink.NotStored(message.Incoming));
                continue;
            }

            Answer answer = AnswerSealer.Of(message, counter, now);
            _metrics.CountAnswer(answer.Reason, message.Incoming.SubmittedTimestamp);
            Guarded(message.Incoming, sink => sink.Answered(message.Incoming, answer));
        }

        _metrics.CountStored(stored);
    }

    // What the group reserved is used up where a storm of statuses took it, or another instance went above it.
    private long TakeAnswerCounter(NodeChain chain)
    {
        if (chain.TakeCounter(margin: 0) is > 0 and long counter)
        {
            return counter;
        }

        try
        {
            ReserveAsync(chain, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception problem)
        {
            _log.LogError(problem, "No counters could be reserved for the answers to node {Node}.", chain.Node.IdText);
        }

        return chain.TakeCounter(margin: 0);
    }

    // A connection that breaks its promise not to throw must not stop ingest for all others.
    private void Guarded(Incoming message, Action<IAnswerSink> call)
    {
        try
        {
            call(message.Sink);
        }
        catch (Exception problem)
        {
            _log.LogError(problem, "An answer could not be handed to the connection of node {Node}.", message.Node.IdText);
        }
    }
}
