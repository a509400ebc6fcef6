using System.Collections.Concurrent;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Overview;

/// <summary>
/// Tells open pages what was stored. Each page has a place for the last news of each node that it shows and for nothing else: a slow page hears less
/// often and keeps nobody waiting, however much comes.
/// </summary>
internal sealed class Live : IDisposable
{
    /// <summary>Pages that may listen at a time; whoever comes later shows the moment it was loaded.</summary>
    public const int MostPages = 2000;

    private readonly ConcurrentDictionary<LivePage, byte> _pages = new();
    private readonly Bookkeeper _bookkeeper;
    private readonly NodePresence _presence;

    public Live(Bookkeeper bookkeeper, NodePresence presence)
    {
        _bookkeeper = bookkeeper;
        _presence = presence;
        bookkeeper.Booked += Tell;
        presence.Moved += Tell;
    }

    /// <summary>Pages that listen now.</summary>
    public int Count => _pages.Count;

    /// <summary>Listens for these nodes; null where too many listen. Dispose of it when the page is gone.</summary>
    public LivePage? Open(IReadOnlyCollection<string> nodes)
    {
        if (_pages.Count >= MostPages)
        {
            return null;
        }

        var page = new LivePage(nodes, gone => _pages.TryRemove(gone, out _));
        _pages[page] = 0;
        return page;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _bookkeeper.Booked -= Tell;
        _presence.Moved -= Tell;
    }

    /// <summary>Tells the pages of batches that were booked.</summary>
    public void Tell(IReadOnlyList<LiveNode> news)
    {
        foreach (LivePage page in _pages.Keys)
        {
            page.Hear(news);
        }
    }

    private void Tell(IReadOnlyList<JudgedBatch> judged)
    {
        if (!_pages.IsEmpty)
        {
            Tell([.. judged.Select(LiveNode.Of)]);
        }
    }

    private void Tell(string nodeId, bool isOnline)
    {
        foreach (LivePage page in _pages.Keys)
        {
            page.Hear(nodeId, isOnline);
        }
    }
}

/// <summary>The news for one open page.</summary>
internal sealed class LivePage(IReadOnlyCollection<string> nodes, Action<LivePage> close) : IDisposable
{
    private readonly HashSet<string> _shown = [.. nodes];
    private readonly Dictionary<string, LiveNode> _news = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _online = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _isThere = new(0, 1);
    private long _batches;
    private bool _isClosed;

    /// <summary>Waits for news, and takes it; null where none came in time.</summary>
    public async Task<LiveNews?> NextAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!await _isThere.WaitAsync(patience, cancellationToken))
        {
            return null;
        }

        lock (_news)
        {
            var taken = new LiveNews(_batches, [.. _news.Values], new Dictionary<string, bool>(_online, StringComparer.Ordinal));
            _news.Clear();
            _online.Clear();
            _batches = 0;
            return taken;
        }
    }

    /// <summary>Batches were booked.</summary>
    public void Hear(IReadOnlyList<LiveNode> news)
    {
        lock (_news)
        {
            _batches += news.Count;
            foreach (LiveNode node in news)
            {
                if (_shown.Contains(node.Node))
                {
                    _news[node.Node] = node;
                }
            }

            Wake();
        }
    }

    /// <summary>A node logged in or left.</summary>
    public void Hear(string nodeId, bool isOnline)
    {
        lock (_news)
        {
            if (_shown.Contains(nodeId))
            {
                _online[nodeId] = isOnline;
                Wake();
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        close(this);
        lock (_news)
        {
            _isClosed = true;
            _isThere.Dispose();
        }
    }

    // Under the lock, so that it is never released twice.
    private void Wake()
    {
        if (!_isClosed && _isThere.CurrentCount == 0)
        {
            _isThere.Release();
        }
    }
}

/// <summary>What came since the last time: batches of the whole fleet, and of the nodes that a page shows the last batch and whether they are connected.</summary>
internal sealed record LiveNews(long Batches, IReadOnlyList<LiveNode> Nodes, IReadOnlyDictionary<string, bool> Online);

/// <summary>A batch in short. Energies in mWh; the time is that of its arrival.</summary>
internal sealed record LiveNode(string Node, long HeardUnixMilliseconds, long LastReading, int BatteryPermille, long HarvestedMilliwattHours, long DeliveredMilliwattHours, int Readings, int Credited, int Held, int Refused)
{
    public static LiveNode Of(JudgedBatch judged) => new(
        judged.Batch.Node.ToString(),
        judged.Stored.ArrivedUnixMilliseconds,
        judged.Batch.NextSequence - 1,
        judged.Batch.Readings[^1].BatteryPermille,
        judged.Batch.Readings.Sum(reading => reading.HarvestedMilliwattHours),
        judged.Batch.Readings.Sum(reading => reading.DeliveredMilliwattHours),
        judged.Verdicts.Length,
        judged.Verdicts.Count(verdict => verdict.Outcome == Verification.Outcome.Credited),
        judged.Verdicts.Count(verdict => verdict.Outcome == Verification.Outcome.Held),
        judged.Verdicts.Count(verdict => verdict.Outcome == Verification.Outcome.Refused));
}
