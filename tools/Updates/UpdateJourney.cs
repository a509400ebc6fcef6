using System.Diagnostics;
using System.Text.Json.Nodes;
using DePin.Host;
using DePin.Tools.Rollout;

namespace DePin.Tools.Updates;

/// <summary>How much of it.</summary>
/// <param name="Nodes">Virtual nodes.</param>
/// <param name="Seed">Chooses their keys, places and weather.</param>
/// <param name="Folder">Where everything is kept.</param>
/// <param name="Cases">Which cases, by name.</param>
/// <param name="StepSeconds">Simulated seconds in a step of at least 20 ms.</param>
/// <param name="HistoryHours">How long the fleet lives before the first release; a day and more gives metering something to be compared with.</param>
internal sealed record UpdateOptions(int Nodes, int Seed, string Folder, IReadOnlyList<UpdateCase> Cases, int StepSeconds = 30, double HistoryHours = 26);

/// <summary>
/// Releases, good and bad, over one fleet with the real core, real MQTT and a real backend. After each: no node is lost, all meter, every chain is whole,
/// every batch has the credit that follows from its readings, the ledger adds up, and the reason is named.
/// </summary>
internal sealed class UpdateJourney
{
    private const int HistoryStepSeconds = 60;
    private const double RolloutHours = 240;

    // A node gives a trial a day.
    private const double TrialHours = 26;

    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(120);

    private readonly UpdateFleet _fleet;
    private readonly UpdateOptions _options;
    private readonly NodeBooks[] _books;
    private readonly HashSet<string> _liars = new(StringComparer.Ordinal);

    private UpdateJourney(UpdateFleet fleet, UpdateOptions options)
    {
        _fleet = fleet;
        _options = options;
        _books = [.. fleet.Nodes.Select(node => new NodeBooks(node))];
    }

    /// <summary>Runs the cases, one after the other on the same fleet.</summary>
    public static async Task<UpdateResults> RunAsync(UpdateOptions options, Action<string> tell, CancellationToken cancellationToken)
    {
        await using UpdateFleet fleet = await UpdateFleet.StartAsync(options.Nodes, options.Seed, options.Folder, cancellationToken);
        var journey = new UpdateJourney(fleet, options);
        tell($"{options.Nodes} nodes live {options.HistoryHours} hours before the first release.");
        await fleet.RunForAsync(options.HistoryHours, HistoryStepSeconds, cancellationToken);
        var results = new List<UpdateResult>();
        foreach (UpdateCase one in options.Cases)
        {
            tell($"{one.Name} ...");
            UpdateResult result = await journey.RunAsync(one, build: 100 + results.Count, cancellationToken);
            results.Add(result);
            tell(result.ToString());
        }

        return new UpdateResults(options.Nodes, options.Seed, results, await FleetState.RebuildAsync(fleet.DataFolder, cancellationToken));
    }

    private async Task<UpdateResult> RunAsync(UpdateCase one, int build, CancellationToken cancellationToken)
    {
        long began = _fleet.UnixSeconds, started = Stopwatch.GetTimestamp();
        TrialRelease release = TrialRelease.Make(build, one.Fault, began, one.Manifest);
        one.World?.Invoke(_fleet);
        SetLinks(one.LinkTimes);
        JsonNode? rollout = null;
        string ended = "refused", reason;
        try
        {
            string id = await _fleet.PublishAsync(release, one.Signed?.Invoke(_fleet, release) ?? release.SignedBy(_fleet.Keys[0], _fleet.Keys[1]), one.Bundle?.Invoke(release) ?? release.Bundle, cancellationToken);
            long number = await _fleet.StartRolloutAsync(one.Name, id, one.Plan(_options.Nodes), cancellationToken);
            string path = $"api/rollouts/{number}";
            int step = Math.Min(_options.StepSeconds, one.MostStepSeconds);
            await _fleet.RunUntilAsync(async () => RolloutTable.IsAtRest(rollout = await _fleet.Api.GetAsync(path, cancellationToken)), RolloutHours, step, cancellationToken);
            ended = RolloutTable.State(rollout!);
            reason = ended == "done" ? "all waves passed" : (string?)rollout!["reason"] ?? $"still {ended} after {RolloutHours} hours: {string.Join("; ", RolloutTable.Lines(rollout!))}";
            if (ended != "done")
            {
                await _fleet.Api.PostAsync($"{path}/stop", new { reason = "the trial is over" }, cancellationToken);
            }
        }
        catch (CommandException refusal) when (refusal.ExitCode == 2)
        {
            reason = refusal.Message;
        }

        Calm();
        NoteLiars(one, release);
        if (!one.MayStay)
        {
            // Paused by the first that came back: others began their trial later, and it ends by itself after a day.
            await _fleet.RunUntilAsync(() => Task.FromResult(Running(release) == 0), TrialHours, _options.StepSeconds, cancellationToken);
        }

        FleetState state = await SettleAsync(cancellationToken);
        JsonArray waves = rollout?["waves"]?.AsArray() ?? [];
        Dictionary<string, long> failures = waves.SelectMany(wave => wave!["failedAttempts"]!.AsArray())
            .GroupBy(end => (string)end!["reason"]!, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Sum(end => (long)end!["attempts"]!), StringComparer.Ordinal);
        long sent = waves.Sum(wave => (long)wave!["sentBytes"]!);
        int confirmed = Running(release);
        double share = ended == "done" && sent > 0 ? Math.Round((double)sent / ((double)release.Manifest.BundleBytes * _fleet.Nodes.Count), 3) : 0;
        string[] problems = [.. Problems(one, ended, $"{reason} {string.Join(' ', failures.Keys)}", confirmed, share, waves.Count, state)];
        return new UpdateResult(
            one.Name, problems.Length == 0, ended, failures.Count == 0 ? reason : $"{reason}; {string.Join(", ", failures.Select(pair => $"{pair.Value} x {pair.Key}"))}", confirmed, failures, state.Lost.Count,
            state.Broken.Count, state.Batches, state.WrongCredits.Count, state.SignedMilliwattHours, state.CreditedMilliwattHours, state.Summary.ReadingsCredited,
            state.Summary.ReadingsHeld.Values.Sum() + state.Summary.ReadingsRefused.Values.Sum(), state.Summary.LedgerSum, sent, share, Math.Round((_fleet.UnixSeconds - began) / 3600.0, 1),
            Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds), problems);
    }

    // Two hours later every node that lives has sent a batch: what is being tried has gone back or stays.
    private async Task<FleetState> SettleAsync(CancellationToken cancellationToken)
    {
        long[] before = [.. _fleet.Nodes.Select(node => node.Sequence)];
        long[] acknowledged = [.. _fleet.Nodes.Select(node => node.Uplink.Acknowledged)];
        await _fleet.RunForAsync(2, _options.StepSeconds, cancellationToken);
        await _fleet.SettleAsync(
            async () => await _fleet.Api.SummaryAsync(cancellationToken) is { VerdictBacklog: 0, ReadingsWithoutVerdict: 0 }, SettleLimit, "readings without a verdict", cancellationToken);
        string[] lost = [.. _fleet.Nodes.Where((node, i) => !node.Look().IsOnline || node.Sequence <= before[i] || node.Uplink.Acknowledged <= acknowledged[i]).Select(node => node.Registration.NodeId)];
        return await FleetState.ReadAsync(_books, _fleet, lost, _liars, cancellationToken);
    }

    private int Running(TrialRelease release) => _fleet.Nodes.Count(node => Convert.ToHexStringLower(node.Firmware) == release.Firmware);

    private void SetLinks(int times)
    {
        _fleet.Faults.LinkTimes = times;
        foreach (VirtualNode node in _fleet.Nodes)
        {
            node.Clock.LinkTimes = times;
        }
    }

    private void Calm()
    {
        (_fleet.Faults.LostBlocksPercent, _fleet.Faults.BreaksEverySeconds, _fleet.Faults.ChangesBlocks) = (0, 0, false);
        SetLinks(times: 1);
        foreach (VirtualNode node in _fleet.Nodes)
        {
            node.Clock.NetworkTimeErrorSeconds = 0;
        }
    }

    private void NoteLiars(UpdateCase one, TrialRelease release)
    {
        if (one.StaysOnCanary)
        {
            _liars.UnionWith(_fleet.Nodes.Where(node => Convert.ToHexStringLower(node.Firmware) == release.Firmware).Select(node => node.Registration.NodeId));
        }
    }

    private IEnumerable<string> Problems(UpdateCase one, string ended, string named, int confirmed, double share, int waves, FleetState state)
    {
        const double MostRepeated = 1.6;
        const int MostTold = 20;
        if (!ended.Equals(one.End.ToString(), StringComparison.OrdinalIgnoreCase))
        {
            yield return $"it ended {ended}, and had to end {one.End}";
        }

        if (one.Words.Length > 0 && !one.Words.Any(word => named.Contains(word, StringComparison.OrdinalIgnoreCase)))
        {
            yield return $"none of '{string.Join("', '", one.Words)}' is named";
        }

        if (one.End == CaseEnd.Paused && waves > 1)
        {
            yield return $"{waves} waves were open before it paused";
        }

        if (one.End == CaseEnd.Done && confirmed != _fleet.Nodes.Count)
        {
            yield return $"{confirmed} of {_fleet.Nodes.Count} nodes run it";
        }

        if (!one.MayStay && confirmed > 0)
        {
            yield return $"{confirmed} nodes still run it";
        }

        if (share >= MostRepeated)
        {
            yield return $"{share:0.00} times the least bytes were sent";
        }

        foreach (string wrong in state.Lost.Select(node => $"{node} is lost").Concat(state.Broken).Concat(state.WrongCredits).Take(MostTold))
        {
            yield return wrong;
        }

        if (state.Summary.LedgerSum != "0")
        {
            yield return $"the ledger adds up to {state.Summary.LedgerSum}";
        }
    }
}
