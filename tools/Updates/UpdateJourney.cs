using System.Text.Json.Nodes;
using DePin.Host;
using DePin.Tools.Api;
using DePin.Tools.Crash;
using DePin.Tools.Rollout;

namespace DePin.Tools.Updates;

/// <summary>How much of it.</summary>
/// <param name="Nodes">Virtual nodes.</param>
/// <param name="Seed">Chooses their keys, places and weather.</param>
/// <param name="Folder">Where everything is kept.</param>
/// <param name="Cases">Which cases, by name.</param>
/// <param name="StepSeconds">Simulated seconds in a step of at least 20 ms.</param>
/// <param name="HistoryHours">How long the fleet lives before the first release; a day and more gives metering something to be compared with.</param>
internal sealed record UpdateOptions(int Nodes, int Seed, string Folder, IReadOnlyList<UpdateCase> Cases, int StepSeconds = 6, double HistoryHours = 26);

/// <summary>
/// Releases, good and bad, over one fleet with the real core, real MQTT and a real backend. After each: no node is lost, all meter, chains are whole,
/// the ledger adds up, and the reason is named.
/// </summary>
internal static class UpdateJourney
{
    private const int HistoryStepSeconds = 60;
    private const double RolloutHours = 96;
    private const int ChainsRead = 20;

    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(120);

    /// <summary>Runs the cases, one after the other on the same fleet.</summary>
    public static async Task<IReadOnlyList<UpdateResult>> RunAsync(UpdateOptions options, Action<string> tell, CancellationToken cancellationToken)
    {
        await using UpdateFleet fleet = await UpdateFleet.StartAsync(options.Nodes, options.Seed, options.Folder, cancellationToken);
        tell($"{options.Nodes} nodes live {options.HistoryHours} hours before the first release.");
        await fleet.RunForAsync(options.HistoryHours, HistoryStepSeconds, cancellationToken);
        var results = new List<UpdateResult>();
        foreach (UpdateCase one in options.Cases)
        {
            tell($"{one.Name} ...");
            UpdateResult result = await RunAsync(fleet, options, one, build: 100 + results.Count, cancellationToken);
            results.Add(result);
            tell(result.ToString());
        }

        return results;
    }

    private static async Task<UpdateResult> RunAsync(UpdateFleet fleet, UpdateOptions options, UpdateCase one, int build, CancellationToken cancellationToken)
    {
        long began = fleet.UnixSeconds;
        TrialRelease release = TrialRelease.Make(build, one.Fault, began, one.Manifest);
        one.World?.Invoke(fleet);
        JsonNode? rollout = null;
        string ended = "refused", reason;
        try
        {
            string id = await fleet.PublishAsync(release, one.Signed?.Invoke(fleet, release) ?? release.SignedBy(fleet.Keys[0], fleet.Keys[1]), one.Bundle?.Invoke(release) ?? release.Bundle, cancellationToken);
            long number = await fleet.StartRolloutAsync(one.Name, id, one.Plan(options.Nodes), cancellationToken);
            string path = $"api/rollouts/{number}";
            await fleet.RunUntilAsync(async () => RolloutTable.IsAtRest(rollout = await fleet.Api.GetAsync(path, cancellationToken)), RolloutHours, options.StepSeconds, cancellationToken);
            ended = RolloutTable.State(rollout!);
            reason = ended == "done" ? "all waves passed" : (string?)rollout!["reason"] ?? $"still {ended} after {RolloutHours} hours";
            if (ended != "done")
            {
                await fleet.Api.PostAsync($"{path}/stop", new { reason = "the trial is over" }, cancellationToken);
            }
        }
        catch (CommandException refusal) when (refusal.ExitCode == 2)
        {
            reason = refusal.Message;
        }

        Calm(fleet);
        return await JudgeAsync(fleet, one, release, rollout, ended, reason, began, options, cancellationToken);
    }

    private static void Calm(UpdateFleet fleet)
    {
        (fleet.Faults.LostBlocksPercent, fleet.Faults.BreaksEverySeconds, fleet.Faults.ChangesBlocks) = (0, 0, false);
        foreach (VirtualNode node in fleet.Nodes)
        {
            node.Clock.NetworkTimeErrorSeconds = 0;
        }
    }

    private static async Task<UpdateResult> JudgeAsync(
        UpdateFleet fleet, UpdateCase one, TrialRelease release, JsonNode? rollout, string ended, string reason, long began, UpdateOptions options, CancellationToken cancellationToken)
    {
        // Two hours later every node that lives has sent a batch: what is being tried has gone back or stays.
        long[] before = [.. fleet.Nodes.Select(node => node.Sequence)];
        long[] acknowledged = [.. fleet.Nodes.Select(node => node.Uplink.Acknowledged)];
        await fleet.RunForAsync(2, options.StepSeconds, cancellationToken);
        FleetSummary summary = new();
        await fleet.SettleAsync(
            async () => (summary = await fleet.Api.SummaryAsync(cancellationToken)) is { VerdictBacklog: 0, ReadingsWithoutVerdict: 0 }, SettleLimit, "readings without a verdict", cancellationToken);
        int lost = fleet.Nodes.Where((node, i) => !node.Look().IsOnline || node.Sequence <= before[i] || node.Uplink.Acknowledged <= acknowledged[i]).Count();
        StoredChain[] chains = await Task.WhenAll(fleet.Nodes.Take(ChainsRead).Select(node => StoredChain.ReadAsync(fleet.Api, node.Registration.NodeId, cancellationToken)));
        JsonArray waves = rollout?["waves"]?.AsArray() ?? [];
        Dictionary<string, long> failures = waves.SelectMany(wave => wave!["failedAttempts"]!.AsArray())
            .GroupBy(end => (string)end!["reason"]!, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Sum(end => (long)end!["attempts"]!), StringComparer.Ordinal);
        long sent = waves.Sum(wave => (long)wave!["sentBytes"]!);
        int confirmed = fleet.Nodes.Count(node => Convert.ToHexStringLower(node.Firmware) == release.Firmware);
        double share = ended == "done" && sent > 0 ? Math.Round((double)sent / ((double)release.Manifest.BundleBytes * fleet.Nodes.Count), 3) : 0;
        string[] problems = [.. Problems(fleet, one, ended, $"{reason} {string.Join(' ', failures.Keys)}", confirmed, share, waves.Count, lost, chains, summary)];
        return new UpdateResult(
            one.Name, problems.Length == 0, ended, failures.Count == 0 ? reason : $"{reason}; {string.Join(", ", failures.Select(pair => $"{pair.Value} x {pair.Key}"))}", confirmed, failures, lost,
            chains.Count(chain => chain.Break is not null), chains.Length, summary.ReadingsCredited, summary.ReadingsHeld.Values.Sum() + summary.ReadingsRefused.Values.Sum(),
            summary.LedgerSum, sent, share, Math.Round((fleet.UnixSeconds - began) / 3600.0, 1), problems);
    }

    private static IEnumerable<string> Problems(
        UpdateFleet fleet, UpdateCase one, string ended, string named, int confirmed, double share, int waves, int lost, StoredChain[] chains, FleetSummary summary)
    {
        const double MostRepeated = 1.6;
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

        if (one.End == CaseEnd.Done && confirmed != fleet.Nodes.Count)
        {
            yield return $"{confirmed} of {fleet.Nodes.Count} nodes run it";
        }

        if (one.End != CaseEnd.Done && !one.StaysOnCanary && confirmed > 0)
        {
            yield return $"{confirmed} nodes still run it";
        }

        if (share >= MostRepeated)
        {
            yield return $"{share:0.00} times the least bytes were sent";
        }

        if (lost > 0)
        {
            yield return $"{lost} nodes are lost";
        }

        foreach (StoredChain chain in chains.Where(chain => chain.Break is not null))
        {
            yield return $"a chain is broken: {chain.Break}";
        }

        if (summary.LedgerSum != "0")
        {
            yield return $"the ledger adds up to {summary.LedgerSum}";
        }
    }
}
