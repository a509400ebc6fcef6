using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Tools.Backend;

namespace DePin.Tools.Commands;

/// <summary>depin rebuild: the books made anew from what was signed and decided, and compared.</summary>
internal static class RebuildCommand
{
    private static readonly Option<bool> Check = new("--check") { Description = "Compares and changes nothing; there is no other way yet", Required = true };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints what was found as one JSON object");
    private static readonly Option<string> Data = CommonOptions.Data();

    private static readonly Option<string?> Archive = new("--archive") { Description = "Folder of the archive's files, where batches were archived", HelpName = "FOLDER" };

    public static Command Create()
    {
        var command = new TaughtCommand(
            "rebuild",
            "Judges and credits every stored batch again from its signed bytes and the log of events, and names whatever is stored otherwise; exit code 1 when something is.",
            "The backend may run meanwhile. Example:\n  tools/depin rebuild --check --data data --json\n  tools/depin rebuild --check --data data --archive /archive")
        {
            Check, Archive, Json, Data,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string[] arguments = ["rebuild", "--data", Path.GetFullPath(parsed.GetValue(Data)!), .. parsed.GetValue(Archive) is { } archive ? new[] { "--archive", Path.GetFullPath(archive) } : []];
        JsonNode report = await OfflineBackend.RunAsync(arguments, parsed.InvocationConfiguration.Error, cancellationToken);
        TextWriter output = parsed.InvocationConfiguration.Output;
        long found = (long)report["found"]!;
        if (parsed.GetValue(Json))
        {
            await output.WriteLineAsync(report.ToJsonString());
        }
        else
        {
            await output.WriteLineAsync($"{report["batches"]} batches with {report["readings"]} readings were judged again; they give {report["creditMicro"]} micro-credits.{((long)report["archived"]! == 0 ? "" : $" {report["archived"]} of them came from the archive.")}");
            await output.WriteLineAsync(found == 0 ? "Everything is stored as it follows from them." : $"{found} differences:");
            foreach (JsonNode? difference in report["differences"]!.AsArray())
            {
                await output.WriteLineAsync($"  {difference}");
            }
        }

        return found == 0 ? 0 : 1;
    }
}
