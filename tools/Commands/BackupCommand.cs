using System.CommandLine;
using System.Text.Json.Nodes;
using DePin.Tools.Backend;

namespace DePin.Tools.Commands;

/// <summary>depin backup and depin restore: all that a backend needs to go on elsewhere, in one file.</summary>
internal static class BackupCommand
{
    private static readonly Option<string> To = new("--to") { Description = "The file to make; it must not be there", HelpName = "FILE", Required = true };
    private static readonly Option<string> From = new("--from") { Description = "The backup", HelpName = "FILE", Required = true };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints what was done as one JSON object");
    private static readonly Option<string> Data = CommonOptions.Data();

    public static Command CreateBackup()
    {
        var command = new TaughtCommand(
            "backup",
            "Makes one file of the database as of this instant, the keys, the certificate authority, the last checkpoint and the bundles.",
            "The backend may run meanwhile. The file holds every key of the fleet: encrypt it before it leaves this machine. Example:\n  tools/depin backup --to /backups/fleet-2026-11-28.tar")
        {
            To, Data, Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] arguments = ["backup", "--data", Path.GetFullPath(parsed.GetValue(Data)!), "--to", Path.GetFullPath(parsed.GetValue(To)!)];
            JsonNode report = await OfflineBackend.RunAsync(arguments, parsed.InvocationConfiguration.Error, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? report.ToJsonString()
                : $"{report["file"]}: {report["files"]} files, {report["bytes"]} bytes, schema {report["schema"]}.\nSHA-256 {report["sha256"]}\nIt holds every key of the fleet: encrypt it before it leaves this machine.");
            return 0;
        });
        return command;
    }

    public static Command CreateRestore()
    {
        var command = new TaughtCommand(
            "restore",
            "Puts a backup into a data folder of its own, after every file in it was checked.",
            "Payouts stay locked until DATA/restored.txt is removed: those made after the backup are not in it. The old backend must not run any more. Example:\n  tools/depin restore --from /backups/fleet-2026-11-28.tar --data data/restored\n  tools/depin rebuild --check --data data/restored")
        {
            From, Data, Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] arguments = ["restore", "--from", Path.GetFullPath(parsed.GetValue(From)!), "--data", Path.GetFullPath(parsed.GetValue(Data)!)];
            JsonNode report = await OfflineBackend.RunAsync(arguments, parsed.InvocationConfiguration.Error, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? report.ToJsonString()
                : $"{report["folder"]}: {report["files"]} files of {DateTimeOffset.FromUnixTimeMilliseconds((long)report["madeUnixMilliseconds"]!):yyyy-MM-dd HH:mm:ss} UTC, schema {report["schema"]}, all as they were.\nNow: tools/depin rebuild --check --data {report["folder"]}; then start the backend on it. Payouts are locked until {report["folder"]}/restored.txt is removed.");
            return 0;
        });
        return command;
    }
}
