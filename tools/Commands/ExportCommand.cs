using System.CommandLine;
using System.Text.Json.Nodes;
using DePin.Tools.Api;

namespace DePin.Tools.Commands;

/// <summary>depin export: a node's signed batches as they came.</summary>
internal static class ExportCommand
{
    private static readonly Argument<string> Node = new("node") { Description = "A node's id", HelpName = "NODE" };
    private static readonly Option<string> Out = new("--out") { Description = "Folder for the files; made where it is missing", HelpName = "FOLDER", Required = true };
    private static readonly Option<string> Data = CommonOptions.Data();

    public static Command Create()
    {
        var command = new TaughtCommand(
            "export", "Writes every stored batch of a node as it came, one COSE_Sign1 file each, for anybody's tool to verify.", "Example:\n  tools/depin export 1HKJ7M2YG63MMKAX --out batches")
        {
            Node, Out, Data,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using FleetApi api = FleetApi.Open(parsed.GetValue(Data)!);
        string node = parsed.GetValue(Node)!;
        string folder = parsed.GetValue(Out)!;
        Directory.CreateDirectory(folder);
        long written = 0;
        await foreach (JsonNode batch in api.ItemsAsync($"api/nodes/{Uri.EscapeDataString(node)}/batches", cancellationToken))
        {
            long sequence = (long)batch["sequence"]!;
            byte[] message = await api.BatchBytesAsync(node, sequence, cancellationToken)
                ?? throw CommandException.Failed($"The batch at sequence {sequence} is listed and cannot be fetched.");
            await File.WriteAllBytesAsync(Path.Combine(folder, $"{sequence:000000000}.cose"), message, cancellationToken);
            written++;
        }

        await parsed.InvocationConfiguration.Output.WriteLineAsync($"{written} batches of node {node} are in {folder}.");
        return 0;
    }
}
