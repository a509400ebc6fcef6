using System.CommandLine;
using DePin.Host.Boards;

namespace DePin.Tools.Commands;

/// <summary>depin board: simulated bare boards to flash.</summary>
internal static class BoardCommand
{
    private static readonly Option<int?> Count = CommonOptions.Number("--count", "How many boards; 1 unless given", 1, 100);
    private static readonly Option<string> Folder = new("--folder") { Description = "Where the boards keep their flash", HelpName = "FOLDER", DefaultValueFactory = _ => Path.Combine(Repository.Root, "data", "boards") };
    private static readonly Option<bool> NoWifi = new("--no-wifi") { Description = "No Wi-Fi network answers, as at many a bench" };

    public static Command Create()
    {
        var command = new TaughtCommand(
            "board",
            "Simulated bare boards, each on a pseudo-terminal, with the real node core; flashed, they connect to the gateway they were given. Ctrl-C switches them off, a new start goes on.",
            "Example:\n"
            + "  tools/depin board --count 3\n"
            + "  tools/depin flash --batch --skip-clr --ports data/boards/board-*/port --run run-2026-01 --wifi any: --gateway 127.0.0.1:8883 --trust-anchor data/demo/ca.pem")
        {
            Count, Folder, FlashArguments.ProfileName, NoWifi,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        bool hasWifi = !parsed.GetValue(NoWifi);
        string folder = Path.GetFullPath(parsed.GetValue(Folder)!);
        try
        {
            await using var bench = new SimulatedBench(folder, parsed.GetValue(Count) ?? 1, FlashArguments.ProfileOf(parsed), _ => hasWifi);
            foreach (SimulatedBoard board in bench.Boards)
            {
                await parsed.InvocationConfiguration.Output.WriteLineAsync($"simulated board {board.Serial}  {board.NodeId ?? "bare"}  {board.Port}");
            }

            await await Task.WhenAny(bench.Ended, Task.Delay(Timeout.Infinite, cancellationToken));
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception problem) when (problem is InvalidDataException or PlatformNotSupportedException)
        {
            throw CommandException.WrongInput(problem.Message);
        }
    }
}
