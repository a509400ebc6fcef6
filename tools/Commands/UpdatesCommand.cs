using System.CommandLine;
using DePin.Tools.Updates;

namespace DePin.Tools.Commands;

/// <summary>depin updates: releases, good and bad, over a fleet of its own.</summary>
internal static class UpdatesCommand
{
    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "Virtual nodes; 12 unless given", 3, 2000);
    private static readonly Option<int?> Seed = CommonOptions.Number("--seed", "Chooses keys, places and weather; 1 unless given", 0, int.MaxValue);
    private static readonly Option<int?> Step = CommonOptions.Number("--step-seconds", "Simulated seconds in a step of at least 20 ms; 30 unless given", 1, 60);
    private static readonly Option<string[]> Cases = new("--case") { Description = $"Only this case; may be given several times: {string.Join(", ", UpdateCase.All.Select(one => $"'{one.Name}'"))}", HelpName = "NAME" };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the findings as one JSON object on stdout");

    public static Command Create()
    {
        var command = new TaughtCommand(
            "updates",
            "Rolls releases out over a fleet of its own, good ones and such as crash, hang, lie or were tampered with, and looks what becomes of the nodes.",
            "Real node core, real MQTT over TLS, real backend; boards and radio are simulated. After each case no node may be lost, all must meter, every chain must\n"
            + "be whole, every batch must have the credit that follows from its readings, and the reason must be named; at the end the books are made anew. Exit code 1 if not.\n\nExample:\n  tools/depin updates --nodes 500 --seed 1 --json")
        {
            Nodes, Seed, Step, Cases, Json, CommonOptions.Keep,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string[] names = parsed.GetValue(Cases) ?? [];
        if (names.FirstOrDefault(name => UpdateCase.All.All(one => one.Name != name)) is { } unknown)
        {
            throw CommandException.WrongInput($"There is no case '{unknown}'; 'tools/depin updates --help' names them.");
        }

        using ScratchFolder folder = ScratchFolder.Make("depin-updates", parsed.GetValue(CommonOptions.Keep));
        int nodes = parsed.GetValue(Nodes) ?? 12, seed = parsed.GetValue(Seed) ?? 1;
        var options = new UpdateOptions(nodes, seed, folder.Path, [.. UpdateCase.All.Where(one => names.Length == 0 || names.Contains(one.Name))], parsed.GetValue(Step) ?? 30);
        TextWriter errors = parsed.InvocationConfiguration.Error;
        UpdateResults results = await UpdateJourney.RunAsync(options, errors.WriteLine, cancellationToken);
        await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json) ? results.ToJson() : results.ToString());
        return results.IsRight ? 0 : 1;
    }
}
