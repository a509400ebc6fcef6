using System.CommandLine;
using System.Text.Json.Nodes;
using DePin.Tools.Backend;

namespace DePin.Tools.Commands;

/// <summary>depin move: from SQLite to PostgreSQL.</summary>
internal static class MoveCommand
{
    private static readonly Option<string> To = new("--to-postgres") { Description = "Connection string of a new, empty database; keep its password in PGPASSFILE", HelpName = "TEXT", Required = true };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints what was moved as one JSON object");
    private static readonly Option<string> Data = CommonOptions.Data();

    public static Command Create()
    {
        var command = new TaughtCommand(
            "move",
            "Takes a fleet from SQLite to PostgreSQL: every row in one transaction, counted on both sides, or nothing.",
            "Stop the backend first. The data folder remembers the database and keeps the old one as fleet.db.moved. Example:\n"
            + "  createdb depin\n  tools/depin move --data data --to-postgres \"Host=/var/run/postgresql;Database=depin;Username=depin\"\n  tools/depin rebuild --check --data data")
        {
            To, Data, Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] arguments = ["move", "--data", Path.GetFullPath(parsed.GetValue(Data)!), "--to-postgres", parsed.GetValue(To)!];
            JsonNode report = await OfflineBackend.RunAsync(arguments, parsed.InvocationConfiguration.Error, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? report.ToJsonString()
                : $"{report["rows"]} rows of {report["tables"]!.AsArray().Count} tables are in the database {report["database"]}.\nThe old database is kept as {report["kept"]}. See that all is right: tools/depin rebuild --check");
            return 0;
        });
        return command;
    }
}
