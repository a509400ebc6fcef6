using System.CommandLine;
using System.Text.Json;
using DePin.Tools.Seasons;

namespace DePin.Tools.Commands;

/// <summary>depin season: honest nodes and cheats against a backend of its own.</summary>
internal static class SeasonCommand
{
    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "How many, cheats included; 200 unless given", 60, 1000);
    private static readonly Option<int?> Days = CommonOptions.Number("--days", "How long; 90 unless given", 6, 180);
    private static readonly Option<int?> Seed = CommonOptions.Number("--seed", "The same seed gives the same season; 1 unless given", 0, int.MaxValue);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the figures as one JSON object on stdout");

    public static Command Create()
    {
        var command = new TaughtCommand(
            "season",
            "Lets honest nodes and every kind of cheat live a season against a real backend; exit code 1 when a dose that leaves a trace is missed, more slips through than the daily cap, or honest readings are refused beyond one in a thousand.",
            "Nobody decides over what is held: time does. Takes some minutes.\n\nExample:\n  tools/depin season --nodes 200 --days 90 --seed 1 --json")
        {
            Nodes, Days, Seed, Json, CommonOptions.Keep,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using ScratchFolder folder = ScratchFolder.Make("depin-season", parsed.GetValue(CommonOptions.Keep));
        var season = new Season(parsed.GetValue(Nodes) ?? 200, parsed.GetValue(Days) ?? 90, parsed.GetValue(Seed) ?? 1, folder.Path, parsed.InvocationConfiguration.Error);
        SeasonReport report = await season.RunAsync(cancellationToken);
        await parsed.InvocationConfiguration.Error.WriteLineAsync();
        await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json) ? JsonSerializer.Serialize(report, JsonSerializerOptions.Web) : report.Text());
        return report.HonestRefusedPermille < 1 && report.RebuildDifferences == 0 && !report.Missed.Any() && report.Kinds.All(kind => kind.SlippedOfCap + kind.UndecidedOfCap < 1) ? 0 : 1;
    }
}
