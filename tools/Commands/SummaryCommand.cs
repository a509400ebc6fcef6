using System.CommandLine;
using System.Text.Json.Nodes;
using DePin.Tools.Api;

namespace DePin.Tools.Commands;

/// <summary>depin summary: the fleet in figures.</summary>
internal static class SummaryCommand
{
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the answer of GET /api/summary as it is");
    private static readonly Option<string> Data = CommonOptions.Data();

    public static Command Create()
    {
        var command = new TaughtCommand("summary", "The fleet in figures, from a running backend.", "Example:\n  tools/depin summary --json | jq .creditedMicro") { Json, Data };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        using FleetApi api = FleetApi.Open(parsed.GetValue(Data)!);
        if (parsed.GetValue(Json))
        {
            JsonNode answer = await api.GetAsync("api/summary", cancellationToken);
            await output.WriteLineAsync(answer.ToJsonString());
            return 0;
        }

        FleetSummary summary = await api.SummaryAsync(cancellationToken);
        await output.WriteLineAsync($"nodes             {summary.Nodes}, of which {summary.NodesOnline} are online");
        await output.WriteLineAsync($"batches stored    {summary.BatchesStored}, receipts sent {summary.ReceiptsSent}, forked {summary.BatchesForked}");
        await output.WriteLineAsync($"readings          {summary.Readings}: {summary.ReadingsCredited} credited, {summary.ReadingsWithoutVerdict} without a verdict yet");
        await output.WriteLineAsync($"held              {Named(summary.ReadingsHeld)}");
        await output.WriteLineAsync($"refused           {Named(summary.ReadingsRefused)}");
        await output.WriteLineAsync($"messages rejected {Named(summary.MessagesRejected)}");
        await output.WriteLineAsync($"credited          {summary.CreditedMicro} micro-credits; all accounts add up to {summary.LedgerSum}");
        return 0;
    }

    private static string Named(Dictionary<string, long> counts)
    {
        string text = string.Join(", ", counts.Where(pair => pair.Value > 0).Select(pair => $"{pair.Value} {pair.Key}"));
        return text.Length == 0 ? "none" : text;
    }
}
