using System.CommandLine;
using DePin.Contracts.Updates;
using DePin.Tools.Bench;

namespace DePin.Tools.Commands;

/// <summary>depin bench rollout: a release to thousands of nodes at once.</summary>
internal static class RolloutBenchCommand
{
    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "Light nodes, each on a connection of its own; 20000 unless given", 20, 200_000);
    private static readonly Option<int?> Bytes = CommonOptions.Number("--bundle-bytes", "Bytes of the bundle; 131072 unless given", 1, UpdateLimits.BundleBytes);
    private static readonly Option<int?> Offers = CommonOptions.Number("--offers-per-minute", "The rollout's limit; 6000 unless given", 1, 100_000);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the figures as one JSON object on stdout");

    public static Command Create()
    {
        var command = new TaughtCommand(
            "rollout",
            "Rolls a release out to light nodes over the real gateway: canary and two waves. Exit code 1 when a node was left out or a limit was passed.",
            "The nodes are simulated: they check and run nothing, but ask, download and report over MQTT as real ones do. Of more than 15,000 some come while others leave: many\n"
            + "systems give a process 20,000 open files. Memory is compared between a rollout to a quarter of them and one to all, both from the same quiet, and must not grow by 2 KB with each node more;\n"
            + "with few nodes the collector's slack weighs more than they do.\n\nExample:\n  tools/depin bench rollout --nodes 20000 --json")
        {
            Nodes, Bytes, Offers, CommonOptions.Postgres, Json, CommonOptions.Keep,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using ScratchFolder folder = ScratchFolder.Make("depin-rollout", parsed.GetValue(CommonOptions.Keep));
            var bench = new RolloutBench(parsed.GetValue(Nodes) ?? 20_000, parsed.GetValue(Bytes) ?? 128 * 1024, parsed.GetValue(Offers) ?? 6000, parsed.GetValue(CommonOptions.Postgres), folder.Path, parsed.InvocationConfiguration.Error);
            RolloutBenchResult result = await bench.RunAsync(cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? result.ToJson()
                : $"nodes confirmed   {result.Confirmed} of {result.Nodes}, {result.NodesAtOnce} at once, {result.ConfirmedPerMinute} a minute; rollout {result.RolloutState}; on {result.Database}\n"
                    + $"offers            at most {result.MostOffersInAMinute} in a minute, limit {result.OffersPerMinuteLimit}; {result.MostOffersPerSecond} a second over ten, limit {result.OffersPerSecondLimit}\n"
                    + $"backend           {result.BackendCpuSeconds} s of CPU, {result.BackendCpuMillisecondsPerNode} ms a node\n"
                    + $"memory            {result.MemoryMbQuiet} MB quiet, {result.MemoryMbPeakOfQuarter} MB at most for a quarter of them, {result.MemoryMbPeak} MB for all ({result.PeakBytesPerNode} bytes for each node more), {result.MemoryMbAfter} MB afterwards ({result.KeptBytesPerNode})\n"
                    + $"blocks            {result.SentBytes} bytes, {result.SentShare} times the least; {result.BusyAnswers} answers to come later\n"
                    + string.Join('\n', result.Problems));
            return result.Problems.Count == 0 ? 0 : 1;
        });
        return command;
    }
}
