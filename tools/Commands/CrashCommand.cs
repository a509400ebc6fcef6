using System.CommandLine;
using DePin.Tools.Crash;

namespace DePin.Tools.Commands;

/// <summary>depin crash: kills the backend and counts what it promised.</summary>
internal static class CrashCommand
{
    private static readonly Option<int?> Kills = CommonOptions.Number("--kills", "How often the backend is killed; 10 unless given", 1, 1000);
    private static readonly Option<int?> Lamps = CommonOptions.Number("--lamps", "Connections of the load generator; 60 unless given", 25, 1000);
    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "Virtual nodes beside them; 4 unless given", 1, 50);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the findings as one JSON object on stdout");

    public static Command Create()
    {
        var command = new TaughtCommand(
            "crash",
            "Kills a backend of its own again and again under load, and counts what it had acknowledged.",
            "SIGKILL, while at least 20 batches are under way; then it is started again and everybody goes on. At the end every batch that\n"
            + "was ever acknowledged must be stored exactly once, every chain whole, and the ledger must add up to 0. Exit code 1 if not.\n\n"
            + "Example:\n  tools/depin crash --kills 10")
        {
            Kills, Lamps, Nodes, CommonOptions.Postgres, Json, CommonOptions.Keep,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using ScratchFolder folder = ScratchFolder.Make("depin-crash", parsed.GetValue(CommonOptions.Keep));
        var options = new CrashOptions(parsed.GetValue(Kills) ?? 10, parsed.GetValue(Lamps) ?? 60, parsed.GetValue(Nodes) ?? 4, folder.Path, parsed.GetValue(CommonOptions.Postgres));
        CrashResult result = await CrashJourney.RunAsync(options, parsed.InvocationConfiguration.Error, cancellationToken);
        TextWriter output = parsed.InvocationConfiguration.Output;
        await output.WriteLineAsync(parsed.GetValue(Json) ? result.ToJson() : result.ToString());
        return result.IsSound ? 0 : 1;
    }
}
