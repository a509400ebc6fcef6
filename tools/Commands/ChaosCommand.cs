using System.CommandLine;
using DePin.Tools.Chaos;

namespace DePin.Tools.Commands;

/// <summary>depin chaos: one fault after the other befalls a living fleet, and then every promise is looked at.</summary>
internal static class ChaosCommand
{
    private static readonly Option<int?> Minutes = CommonOptions.Number("--minutes", "How long; 5 unless given", 1, 1440);
    private static readonly Option<int?> Seed = CommonOptions.Number("--seed", "Order and lengths of the faults; 1 unless given", 1, int.MaxValue);
    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "Virtual nodes; 12 unless given", 1, 100);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the findings as one JSON object on stdout");

    public static Command Create()
    {
        var command = new TaughtCommand(
            "chaos",
            "Kills and freezes a backend of its own, breaks all links, fills its disk and sets its clock wrong while a virtual fleet lives; exit code 1 when a promise was broken.",
            "After each fault every node must come back by itself. At the end every batch that was ever acknowledged must be stored exactly once,\n"
            + "every chain whole, the ledger add up to 0, and the books be what follows from the signed bytes. As root the data lies on a\n"
            + "small disk in memory, which is filled; without root that fault is left out, and the answer says so. With --postgres there is a primary with\n"
            + "a synchronous standby: the primary is killed and started again, or lost for good, and then the standby is promoted and gets one of its own.\n"
            + "With --instances, behind a HAProxy that must be installed, one instance is killed at a time, the balancer too, and all are restarted one after\n"
            + "the other while somebody looks at pages: none may show an error.\n\n"
            + "Example:\n  tools/depin chaos --minutes 30 --seed 2 --instances 3 --json")
        {
            Minutes, Seed, Nodes, CommonOptions.Postgres, CommonOptions.Instances, Json, CommonOptions.Keep,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using ScratchFolder folder = ScratchFolder.Make("depin-chaos", parsed.GetValue(CommonOptions.Keep));
        var options = new ChaosOptions(TimeSpan.FromMinutes(parsed.GetValue(Minutes) ?? 5), parsed.GetValue(Seed) ?? 1, parsed.GetValue(Nodes) ?? 12, folder.Path, CommonOptions.IsOnPostgres(parsed), parsed.GetValue(CommonOptions.Instances) ?? 1);
        ChaosResult result = await ChaosJourney.RunAsync(options, parsed.InvocationConfiguration.Error, cancellationToken);
        await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json) ? result.ToJson() : result.ToString());
        return result.IsSound ? 0 : 1;
    }
}
