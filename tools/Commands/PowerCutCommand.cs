using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.Json;
using DePin.Host.PowerCuts;

namespace DePin.Tools.Commands;

/// <summary>depin powercut: cuts a node's power at every change of its flash.</summary>
internal static class PowerCutCommand
{
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the findings as one JSON object on stdout");

    public static Command Create()
    {
        var command = new TaughtCommand(
            "powercut",
            "Cuts a node's power in every write and deletion of a scripted life, and again while it starts; exit code 1 when anything is lost.",
            "Each cut leaves what littlefs can leave: the old content, a new file that is missing or empty, or the new content. The node\n"
            + "starts from that, goes on, and must have every stored batch, every closed reading, no number twice and no break in the chain.\n"
            + "Then the same with three updates over the air, one good and two bad: the node must boot, in the old firmware or the new one, and\n"
            + "say which and why; after its file system was formatted it must boot the factory copy.\n\n"
            + "Example:\n  tools/depin powercut --json")
        {
            Json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        PowerCutResult result = PowerCutLife.Run(every: 1, cutsTwice: true, cancellationToken);
        UpdateCutResult updates = UpdateCutLife.Run(every: 1, cancellationToken);
        string[] failures = [.. result.Failures, .. updates.Failures];
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(Json))
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(new { result.Changes, result.CutPoints, result.SecondCuts, result.BatchesDropped, result.BatchesSetAside, result.Failures, updates }, JsonSerializerOptions.Web));
        }
        else
        {
            await output.WriteLineAsync($"{result.CutPoints} cut points in {result.Changes} changes of the flash, {result.SecondCuts} second cuts, {result.Failures.Count} failures");
            await output.WriteLineAsync($"{updates.CutPoints} cut points in {updates.Changes} changes of updates, {updates.Formats} formatted drives; {updates.InOld} ended in the old firmware, {updates.InNew} in the new one, {updates.Failures.Count} failures");
            await output.WriteLineAsync(failures.Length == 0 ? "Nothing stored was lost." : string.Join('\n', failures));
        }

        return failures.Length == 0 ? 0 : 1;
    }
}
