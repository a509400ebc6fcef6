using System.CommandLine;
using System.Text.Json.Nodes;
using DePin.Tools.Backend;

namespace DePin.Tools.Commands;

/// <summary>depin archive: what nodes signed long ago goes from the database into files.</summary>
internal static class ArchiveCommand
{
    private const long Mebibyte = 1 << 20;

    private static readonly Option<DateTimeOffset?> Before = CommonOptions.Moment("--before", "Archives what arrived before this moment, at least 35 days ago");
    private static readonly Option<string?> Out = new("--out") { Description = "Folder for the files; 'archive' in the data folder unless given", HelpName = "FOLDER" };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Counts, and changes nothing" };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints what was archived as one JSON object");
    private static readonly Option<string> Data = CommonOptions.Data();

    public static Command Create()
    {
        var command = new TaughtCommand(
            "archive",
            "Moves what nodes signed before a moment, once it is judged, booked and in the log of proofs, into compressed files that 'verify' and 'rebuild' read.",
            "Files are written and checked first, then the database gives their bytes up; on SQLite the backend must not run in that step. Examples:\n"
            + "  tools/depin archive --data data --before 2026-01-01 --dry-run\n  tools/depin archive --data data --before 2026-01-01 --out /archive\n  tools/depin rebuild --check --data data --archive /archive")
        {
            Before, Out, DryRun, Json, Data,
        };
        Before.Required = true;
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string data = Path.GetFullPath(parsed.GetValue(Data)!);
        string files = Path.GetFullPath(parsed.GetValue(Out) ?? Path.Combine(data, "archive"));
        bool isDry = parsed.GetValue(DryRun);
        string[] arguments = ["archive", "--data", data, "--before", $"{parsed.GetValue(Before)!.Value:O}", "--out", files, .. isDry ? new[] { "--dry-run" } : []];
        JsonNode report = await OfflineBackend.RunAsync(arguments, parsed.InvocationConfiguration.Error, cancellationToken);
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(Json))
        {
            await output.WriteLineAsync(report.ToJsonString());
        }
        else if (isDry)
        {
            await output.WriteLineAsync($"{report["batches"]} batches with {(long)report["signedBytes"]! / Mebibyte} MiB of signed bytes would be archived.");
        }
        else
        {
            await output.WriteLineAsync(
                $"{report["batches"]} batches with {(long)report["signedBytes"]! / Mebibyte} MiB of signed bytes are in {report["files"]!.AsArray().Count} files of {(long)report["fileBytes"]! / Mebibyte} MiB in {files}.\n"
                + $"The database keeps the bytes of {report["kept"]} archived batches that somebody may still look at. Copy the files elsewhere: they alone hold the rest.");
        }

        return 0;
    }
}
