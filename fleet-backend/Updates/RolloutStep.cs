using System.Data.Common;
using DePin.Contracts.Updates;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>
/// Takes every rollout one step further each second: counts, asks the rules what follows, makes what offers the rate allows, and tells who must be told.
/// It remembers nothing that is not in the database but how many offers were earned; after a kill it goes on from there.
/// </summary>
internal sealed class RolloutStep(
    Database database, StoreWriter writer, UpdateNotices notices, NodeDirectory nodes, NodePresence presence, Downloads downloads, TimeProvider clock, ILogger<RolloutStep> logger) : BackgroundService
{
    private const int LooksPerStep = 2000;
    private const int TellsPerStep = 500;
    private const long OfferAgainMilliseconds = 600_000;
    private const long TellAgainMilliseconds = 3_600_000;

    // Waves of more nodes are counted every tenth step.
    private const long ManyNodes = 5000;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private readonly Dictionary<long, OfferRate> _rates = [];
    private readonly SemaphoreSlim _wake = new(0, 1);
    private long _steps;

    /// <summary>Something was decided: the next step comes at once.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _rates.Clear();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await StepAsync(stoppingToken);
                await _wake.WaitAsync(Pace, stoppingToken);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                logger.LogError(problem, "A step of the rollouts failed; it is tried again");
                await Task.Delay(Pace, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>One step of all rollouts.</summary>
    internal async Task StepAsync(CancellationToken cancellationToken)
    {
        _steps++;
        IReadOnlyList<RolloutRow> rollouts;
        using (DbConnection connection = database.OpenReader())
        {
            rollouts = RolloutStore.Live(connection);
        }

        foreach (RolloutRow rollout in rollouts)
        {
            try
            {
                await AdvanceAsync(rollout);
                await ServeAsync(rollout.Id, cancellationToken);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                // One rollout that cannot go on must not hold the others.
                logger.LogError(problem, "A step of rollout {Id} '{Name}' failed; it is tried again", rollout.Id, rollout.Name);
            }
        }
    }

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task AdvanceAsync(RolloutRow rollout)
    {
        if (rollout.State == RolloutState.Stopped)
        {
            return;
        }

        long now = Now;
        WaveRow wave;
        ReleaseRow release;
        bool isRunning = rollout.State is RolloutState.Canary or RolloutState.Wave;
        using (DbConnection connection = database.OpenReader())
        {
            release = ReleaseStore.Get(connection, rollout.Release!.Value);
            wave = RolloutStore.Wave(connection, rollout.Id, rollout.Wave!.Value);
            if (!isRunning && release.RecalledUnixMilliseconds is null)
            {
                return;
            }

            if (wave.Size > ManyNodes && wave.ToTake == 0 && _steps % 10 != 0 && release.RecalledUnixMilliseconds is null)
            {
                return;
            }
        }

        if (wave.ToTake > 0 && isRunning && release.RecalledUnixMilliseconds is null)
        {
            await FillAsync(rollout, wave, release, now);
            return;
        }

        bool isExpired = SignedRelease.Decode(release.Message, out _)!.Manifest.ExpiresUnixSeconds <= now / 1000;
        WaveFacts facts;
        RolloutMove move;
        using (DbConnection connection = database.OpenReader())
        {
            (facts, move) = RolloutMoves.Look(connection, rollout, wave, release, isExpired, now);
        }

        if (move.State is not null || facts.EnoughUnixMilliseconds != wave.EnoughUnixMilliseconds || facts.Metering?.AtUnixMilliseconds != wave.Metering?.AtUnixMilliseconds)
        {
            await writer.RunAsync(connection => RolloutMoves.Apply(connection, rollout, wave, release, facts, move, now));
        }

        if (move.State is { } state)
        {
            if (!RolloutRules.IsServed(state))
            {
                downloads.Forget(rollout.Id);
            }

            logger.LogInformation("Rollout {Id} '{Name}' goes from {From} to {To}: {Reason}", rollout.Id, rollout.Name, rollout.StateText, RolloutStore.Text(state), move.Reason);
        }
    }

    private async Task FillAsync(RolloutRow rollout, WaveRow wave, ReleaseRow release, long now)
    {
        IReadOnlyList<long> next;
        using (DbConnection connection = database.OpenReader())
        {
            next = RolloutWaves.Next(connection, rollout, release, wave, now);
        }

        await writer.RunAsync(connection =>
        {
            if (RolloutMoves.IsAsSeen(connection, rollout))
            {
                RolloutWaves.Fill(connection, rollout, release, wave, next, RolloutMoves.By, now);
            }
        });
    }

    private async Task ServeAsync(long id, CancellationToken cancellationToken)
    {
        RolloutRow rollout;
        ReleaseRow release;
        IReadOnlyList<MemberRow> toOffer = [];
        IReadOnlyList<MemberRow> others;
        long now = Now;
        using (DbConnection connection = database.OpenReader())
        {
            rollout = RolloutStore.Find(connection, id)!;
            if (!RolloutRules.IsServed(rollout.State))
            {
                // Who began in the moment of the pause.
                downloads.Forget(id);
            }

            if (rollout.State == RolloutState.Paused)
            {
                return;
            }

            release = ReleaseStore.Get(connection, rollout.Release!.Value);
            if (RolloutRules.IsServed(rollout.State) && IsOfferable(release, now))
            {
                _rates[id] = (_rates.TryGetValue(id, out OfferRate rate) ? rate : OfferRate.Begin(now, rollout.Plan.Rate.OffersPerMinute)).At(now, rollout.Plan.Rate.OffersPerMinute);
                toOffer = _rates[id].Whole > 0 ? RolloutNodeStore.Due(connection, id, isToOffer: true, now, LooksPerStep) : [];
            }

            others = RolloutNodeStore.Due(connection, id, isToOffer: false, now, TellsPerStep);
        }

        if (toOffer.Count > 0)
        {
            await OfferAsync(id, release, toOffer, now, cancellationToken);
        }

        if (others.Count > 0)
        {
            await TellAsync(rollout, release, others, now, cancellationToken);
        }
    }

    private async Task OfferAsync(long rollout, ReleaseRow release, IReadOnlyList<MemberRow> members, long now, CancellationToken cancellationToken)
    {
        MemberRow[] here = [.. members.Where(member => Here(member) is not null).Take((int)Math.Min(_rates[rollout].Whole, LooksPerStep))];
        MemberRow[] away = [.. members.Where(member => Here(member) is null)];
        long[] attempts = await writer.RunAsync(connection =>
        {
            RolloutNodeStore.Away(connection, away);
            return here.Select(member => RolloutNodeStore.Offer(connection, member, now, now + OfferAgainMilliseconds)).ToArray();
        });
        _rates[rollout] = _rates[rollout].Less(attempts.LongCount(attempt => attempt > 0));
        for (int i = 0; i < here.Length; i++)
        {
            if (attempts[i] > 0 && Here(here[i]) is { } node)
            {
                await notices.OfferAsync(node, attempts[i], release, cancellationToken);
            }
        }
    }

    private async Task TellAsync(RolloutRow rollout, ReleaseRow release, IReadOnlyList<MemberRow> members, long now, CancellationToken cancellationToken)
    {
        bool isServed = RolloutRules.IsServed(rollout.State);
        var next = new List<(long Id, long? Due)>();
        var again = new List<MemberRow>();
        foreach (MemberRow member in members)
        {
            RegisteredNode? node = Here(member);
            switch (member.State)
            {
                case NodeState.WentBack or NodeState.Rejected when isServed:
                    again.Add(member);
                    break;
                case NodeState.Withdrawn:
                    bool isTold = node is not null && await notices.WithdrawAsync(node, member.Attempt, release.Hash, UpdateNotices.ReasonOf(rollout.State, release, now / 1000), cancellationToken);
                    next.Add((member.Id, isTold ? null : now + TellAgainMilliseconds));
                    break;
                case NodeState.Offered when isServed:
                    // Who is away hears it at its next login.
                    next.Add((member.Id, node is not null && await notices.OfferAsync(node, member.Attempt, release, cancellationToken) ? now + OfferAgainMilliseconds : null));
                    break;
                default:
                    next.Add((member.Id, null));
                    break;
            }
        }

        await writer.RunAsync(connection =>
        {
            RolloutNodeStore.Again(connection, again);
            RolloutNodeStore.SetDue(connection, next, members);
        });
    }

    // The node where it is logged in.
    private RegisteredNode? Here(MemberRow member) => presence.Find(member.NodeId) is { IsOnline: true, LastStatus: not null } ? nodes.Find(member.NodeId) : null;

    private static bool IsOfferable(ReleaseRow release, long now)
    {
        ReleaseManifest manifest = SignedRelease.Decode(release.Message, out _)!.Manifest;
        return release.RecalledUnixMilliseconds is null && manifest.NotBeforeUnixSeconds <= now / 1000 && manifest.ExpiresUnixSeconds > now / 1000;
    }
}
