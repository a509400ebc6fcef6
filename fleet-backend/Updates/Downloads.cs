using System.Collections;
using System.Collections.Concurrent;
using DePin.Contracts.Updates;

namespace DePin.Fleet.Updates;

/// <summary>
/// Nodes that get blocks at this moment, and nobody else: a bounded table. What was sent is written to their rows every second; a kill loses at most
/// that second's count, and no block.
/// </summary>
internal sealed class Downloads(UpdateSettings settings)
{
    // A node asks again after 10 s; who did not for so long is away, and somebody else may have the place.
    private const long IdleMilliseconds = 60_000;

    private readonly ConcurrentDictionary<long, Download> _byNode = new();
    private readonly Lock _gate = new();

    /// <summary>Nodes that get blocks now.</summary>
    public int Count => _byNode.Values.Count(download => download.IsActive(IdleMilliseconds));

    /// <summary>A node's download of a release, or null.</summary>
    public Download? Find(long node, byte[] releaseId) =>
        _byNode.TryGetValue(node, out Download? download) && !download.IsOver && download.ReleaseId.AsSpan().SequenceEqual(releaseId) ? download : null;

    /// <summary>Takes a node in, or not: where its rollout, or the backend, is busy with as many as may be.</summary>
    public bool TryBegin(long node, Download download, int mostOfRollout)
    {
        lock (_gate)
        {
            int all = 0;
            int ofRollout = 0;
            foreach ((long other, Download one) in _byNode)
            {
                if (other != node && one.IsActive(IdleMilliseconds))
                {
                    all++;
                    ofRollout += one.Rollout == download.Rollout ? 1 : 0;
                }
            }

            if (all >= settings.ConcurrentDownloads || ofRollout >= mostOfRollout)
            {
                return false;
            }

            if (_byNode.TryGetValue(node, out Download? before))
            {
                download.TakeOver(before);
            }

            _byNode[node] = download;
            return true;
        }
    }

    /// <summary>A node needs no more blocks.</summary>
    public void End(long node)
    {
        if (_byNode.TryGetValue(node, out Download? download))
        {
            download.IsOver = true;
        }
    }

    /// <summary>A rollout was forgotten by this instance.</summary>
    public Action<long>? Forgotten { get; set; }

    /// <summary>Nobody gets blocks of a rollout any more until their rows are read again, at no instance.</summary>
    public void Forget(long rollout)
    {
        ForgetHere(rollout);
        Forgotten?.Invoke(rollout);
    }

    /// <summary>The same at this instance alone.</summary>
    public void ForgetHere(long rollout)
    {
        foreach (Download download in _byNode.Values.Where(download => download.Rollout == rollout))
        {
            download.IsOver = true;
        }
    }

    /// <summary>What was sent since the last time.</summary>
    public IReadOnlyList<SentBlocks> Drain() => [.. _byNode.Values.SelectMany(download => download.Drain())];

    /// <summary>Forgets who is away or done, after what was sent to them is written down.</summary>
    public void Sweep()
    {
        foreach ((long node, Download download) in _byNode)
        {
            if (!download.IsActive(IdleMilliseconds) && download.IsDrained)
            {
                _byNode.TryRemove(KeyValuePair.Create(node, download));
            }
        }
    }
}

/// <summary>One node's download in one attempt.</summary>
internal sealed class Download
{
    private readonly Lock _gate = new();
    private readonly List<SentBlocks> _left = [];
    private readonly BitArray _sent;
    private long _bytes;
    private long _repeated;
    private long _day;
    private long _dayBytes;
    private long _askedAt = Environment.TickCount64;
    private volatile bool _isOver;

    public Download(MemberRow member, byte[] releaseId, byte[] releaseHash, byte[] bundle, int bytesPerDay)
    {
        Rollout = member.Rollout;
        Member = member.Id;
        Attempt = member.Attempt;
        ReleaseId = releaseId;
        ReleaseHash = releaseHash;
        Bundle = bundle;
        BytesPerDay = bytesPerDay;
        _sent = new BitArray(member.BlocksSent is { Length: UpdateLimits.Blocks / 8 } kept ? kept : new byte[UpdateLimits.Blocks / 8]);
        _day = member.Day;
        _dayBytes = member.DayBytes;
    }

    public long Rollout { get; }

    public long Member { get; }

    public long Attempt { get; }

    public byte[] ReleaseId { get; }

    public byte[] ReleaseHash { get; }

    /// <summary>Shared with all other downloads of it.</summary>
    public byte[] Bundle { get; }

    public int BytesPerDay { get; }

    public bool IsOver
    {
        get => _isOver;
        set => _isOver = value;
    }

    public bool IsDrained
    {
        get
        {
            lock (_gate)
            {
                return _bytes == 0 && _left.Count == 0;
            }
        }
    }

    public bool IsActive(long idleMilliseconds) => !IsOver && Environment.TickCount64 - Volatile.Read(ref _askedAt) < idleMilliseconds;

    /// <summary>Whether the node may have so many bytes more today; asking keeps its place.</summary>
    public bool MaySend(int bytes, long day)
    {
        Volatile.Write(ref _askedAt, Environment.TickCount64);
        lock (_gate)
        {
            return (_day == day ? _dayBytes : 0) + bytes <= BytesPerDay;
        }
    }

    /// <summary>Counts a block that was sent.</summary>
    public void Count(int index, int bytes, long day)
    {
        lock (_gate)
        {
            if (_day != day)
            {
                _left.AddRange(Take());
                (_day, _dayBytes) = (day, 0);
            }

            _repeated += _sent[index] ? bytes : 0;
            _sent[index] = true;
            _bytes += bytes;
            _dayBytes += bytes;
        }
    }

    /// <summary>What an older download of the same node had not written down yet is written down with this one.</summary>
    public void TakeOver(Download before)
    {
        lock (_gate)
        {
            _left.AddRange(before.Drain());
        }
    }

    public IReadOnlyList<SentBlocks> Drain()
    {
        lock (_gate)
        {
            SentBlocks[] drained = [.. _left, .. Take()];
            _left.Clear();
            return drained;
        }
    }

    private SentBlocks[] Take()
    {
        if (_bytes == 0)
        {
            return [];
        }

        byte[] blocks = new byte[UpdateLimits.Blocks / 8];
        _sent.CopyTo(blocks, 0);
        var taken = new SentBlocks(Member, Attempt, _bytes, _repeated, blocks, _day);
        (_bytes, _repeated) = (0, 0);
        return [taken];
    }
}
