namespace DePin.Tools.Storm;

/// <summary>
/// A gateway in simulated time, by what was measured of the real one: so many logins a second, sockets over the limit of those that wait are refused at a
/// small cost, and one that waits too long is closed. What the listen backlog has no place for comes again as TCP sends it again.
/// </summary>
internal sealed class GatewayModel(GatewayRates rates)
{
    private const int Backlog = 512;
    private const int FirstResendMilliseconds = 1000;

    private readonly Queue<(ModelLink Link, int Attempt)> _backlog = new();
    private readonly Queue<(ModelLink Link, int Attempt, long Until)> _waiting = new();
    private readonly PriorityQueue<(ModelLink Link, int Attempt, int AfterMilliseconds), long> _resends = new();
    private readonly List<ModelLink> _all = [];
    private List<ModelLink> _decided = [];
    private double _seconds;
    private long _now;

    /// <summary>Whether it is there.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>Whether it takes every login at once: for before the storm.</summary>
    public bool IsBoundless { get; set; } = true;

    /// <summary>It goes, and with it every connection.</summary>
    public void Fall()
    {
        (IsUp, IsBoundless) = (false, false);
        _all.ForEach(link => link.Break());
        _all.Clear();
        _backlog.Clear();
        _waiting.Clear();
    }

    /// <summary>It is there again.</summary>
    public void Return() => IsUp = true;

    /// <summary>Links whose login it accepted or refused since it was last asked.</summary>
    public List<ModelLink> TakeDecided()
    {
        List<ModelLink> decided = _decided;
        _decided = [];
        return decided;
    }

    /// <summary>A connection is tried.</summary>
    public void Arrive(ModelLink link, int attempt) => Arrive(link, attempt, FirstResendMilliseconds);

    /// <summary>Works until a moment.</summary>
    public void Step(long now)
    {
        _seconds = Math.Min(0, _seconds) + ((now - _now) / 1000.0);
        _now = now;
        while (_resends.TryPeek(out (ModelLink Link, int Attempt, int After) again, out long at) && at <= now)
        {
            _resends.Dequeue();
            if (again.Link.Tries(again.Attempt))
            {
                Arrive(again.Link, again.Attempt, again.After);
            }
        }

        while (_seconds > 0 && _backlog.TryDequeue(out (ModelLink Link, int Attempt) next))
        {
            _seconds -= 1 / rates.RefusalsPerSecond;
            if (_waiting.Count >= rates.MostWaiting)
            {
                next.Link.Refuse(next.Attempt);
                _decided.Add(next.Link);
            }
            else
            {
                _waiting.Enqueue((next.Link, next.Attempt, now + (rates.SecondsToConnect * 1000L)));
            }
        }

        while (_seconds > 0 && _waiting.TryDequeue(out (ModelLink Link, int Attempt, long Until) next))
        {
            // One that is given up in the middle of its handshake has cost most of a login.
            _seconds -= 1 / rates.LoginsPerSecond;
            _decided.Add(next.Link);
            if (now > next.Until || !next.Link.Tries(next.Attempt))
            {
                next.Link.Refuse(next.Attempt);
                continue;
            }

            next.Link.Accept(next.Attempt);
            _all.Add(next.Link);
        }
    }

    private void Arrive(ModelLink link, int attempt, int resendAfterMilliseconds)
    {
        if (!IsUp)
        {
            link.Refuse(attempt);
        }
        else if (IsBoundless)
        {
            link.Accept(attempt);
            _all.Add(link);
        }
        else if (_backlog.Count < Backlog)
        {
            _backlog.Enqueue((link, attempt));
        }
        else
        {
            _resends.Enqueue((link, attempt, 2 * resendAfterMilliseconds), _now + resendAfterMilliseconds);
        }
    }
}

/// <summary>What a gateway does in a second.</summary>
/// <param name="LoginsPerSecond">Logins to the first receipt.</param>
/// <param name="RefusalsPerSecond">Sockets refused, where nothing else is done.</param>
/// <param name="MostWaiting">Connections that have not logged in, at most.</param>
/// <param name="SecondsToConnect">Seconds that one may take to.</param>
internal sealed record GatewayRates(double LoginsPerSecond, double RefusalsPerSecond, int MostWaiting = 500, int SecondsToConnect = 10);
