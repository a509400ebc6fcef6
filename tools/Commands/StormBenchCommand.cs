using System.CommandLine;
using System.Globalization;
using DePin.Tools.Storm;

namespace DePin.Tools.Commands;

/// <summary>depin bench storm.</summary>
internal static class StormBenchCommand
{
    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "Nodes of the simulation; 100000 unless given", 1, 1_000_000);
    private static readonly Option<int?> Connections = CommonOptions.Number("--connections", "Real connections; 15000 unless given, 0 for the simulation alone", 0, 18_000);
    private static readonly Option<bool> Tls = new("--tls") { Description = "The real connections over TLS" };
    private static readonly Option<double?> Logins = CommonOptions.Real("--logins-per-second", "What the gateway of the simulation does; what the real one did unless given", 1, 1_000_000);
    private static readonly Option<int?> Seed = CommonOptions.Number("--seed", "The random waits; 1 unless given", 0, int.MaxValue);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the figures as one JSON object on stdout");

    public static TaughtCommand Create()
    {
        var command = new TaughtCommand(
            "storm",
            "After a mass outage the whole fleet comes back at once: real connections to one backend, which is killed with all of them, and a larger fleet in simulated time. Exit code 1 when it does not come back.",
            "The nodes run their own session with its own waits; beside them, waits that double without jitter. The gateway of the simulation does what was measured\n"
            + "of the real one in the same run.\n\n"
            + "Example:\n  tools/depin bench storm --connections 15000 --tls --json")
        {
            Nodes, Connections, Tls, Logins, Seed, Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using ScratchFolder folder = ScratchFolder.Make("depin-storm", null);
            var options = new StormOptions(
                parsed.GetValue(Nodes) ?? 100_000, parsed.GetValue(Connections) ?? 15_000, parsed.GetValue(Tls), parsed.GetValue(Seed) ?? 1, parsed.GetValue(Logins));
            StormResult result = await new StormBench(options, folder.Path, parsed.InvocationConfiguration.Error).RunAsync(cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json) ? result.ToJson() : Text(result));
            return result.IsGood ? 0 : 1;
        });
        return command;
    }

    private static string Text(StormResult result)
    {
        var lines = new List<string>();
        if (result.Real is { } real)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{real.Connections} real connections{(real.Tls ? " over TLS" : "")}; {real.CpuMillisecondsPerLogin} ms of CPU a login, {real.CpuMillisecondsPerRefusal} ms a refusal; {real.MemoryMb:0} MB, at most {real.PeakMemoryMb:0} MB"));
            lines.Add(Line("at the same moment", real.Together));
            lines.Add(Line($"killed, away {real.AwaySeconds} s", real.Again));
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"meanwhile {real.BatchesPerSecond} of {real.BatchesWantedPerSecond} batches a second of others, receipts within {real.AckP99Ms} ms (99 of 100)"));
        }

        lines.Add(string.Create(CultureInfo.InvariantCulture, $"simulated at {result.Rates.LoginsPerSecond:0} logins a second:"));
        lines.AddRange(result.Forecasts.Select(forecast => Line($"{forecast.Nodes} nodes, away {forecast.OutageSeconds} s, {(forecast.HasJitter ? "node's waits" : "no jitter")}", forecast.Curve)));
        return string.Join('\n', lines);
    }

    private static string Line(string name, StormCurve curve) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-44} back after {Seconds(curve.SecondsTo50)} (half), {Seconds(curve.SecondsTo95)} (95 %), {Seconds(curve.SecondsTo99)} (99 %), {Seconds(curve.SecondsToAll)} (all); "
        + $"{curve.Attempts} attempts, {curve.FailedWhileAway} with nobody there, {curve.Refused} refused; at most {curve.PeakAttemptsPerSecond} attempts and {curve.PeakLoginsPerSecond} logins a second");

    private static string Seconds(double? seconds) => seconds is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known} s") : "never";
}
