using System.CommandLine;
using DePin.Tools.Bench;

namespace DePin.Tools.Commands;

/// <summary>depin bench live.</summary>
internal static class LiveBenchCommand
{
    private static readonly Option<int?> Pages = CommonOptions.Number("--pages", "Pages that are open; 200 unless given", 1, 2000);
    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "Lamps that send, all shown on each page; 100 unless given", 1, LiveBench.MostNodes);
    private static readonly Option<int?> Rate = CommonOptions.Number("--batches-per-second", "What they send together; 20 unless given", 1, 1000);
    private static readonly Option<int?> Seconds = CommonOptions.Number("--seconds", "How long; 30 unless given", 1, 600);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the figures as one JSON object on stdout");

    public static TaughtCommand Create()
    {
        var command = new TaughtCommand(
            "live",
            $"Measures how soon open pages show what the gateway stored. Exit code 1 when a batch came to a page later than {LiveResult.LimitMs / 1000} s, or never.",
            "Each page is a stream of server-sent events as a browser holds one.\n\nExample:\n  tools/depin bench live --pages 200 --json")
        {
            Pages, Nodes, Rate, Seconds, Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using ScratchFolder folder = ScratchFolder.Make("depin-live", null);
            var bench = new LiveBench(
                parsed.GetValue(Pages) ?? 200, parsed.GetValue(Nodes) ?? 100, parsed.GetValue(Rate) ?? 20, parsed.GetValue(Seconds) ?? 30, folder.Path, parsed.InvocationConfiguration.Error);
            LiveResult result = await bench.RunAsync(cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? result.ToJson()
                : $"{result.Stored} of {result.Sent} batches stored; on {result.Pages} pages after {result.P50Ms} ms (half), {result.P95Ms} ms (95 of 100), {result.MostMs} ms (all); {result.Missing} never came");
            return result.IsGood ? 0 : 1;
        });
        return command;
    }
}
