using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Upkeep;

/// <summary>What the program does on a data folder instead of serving: 'rebuild', 'backup', 'restore', 'move', 'archive', 'bench' and 'token'.</summary>
internal static class OfflineCommand
{
    /// <summary>Whether the arguments ask for one.</summary>
    public static bool IsAsked(string[] arguments) => arguments.Length > 0 && arguments[0] is "rebuild" or "bench" or "token" or "backup" or "restore" or "move" or "archive";

    /// <summary>Runs it: exit code 0, or 1 where something is wrong with the data. The answer is one JSON object on stdout.</summary>
    /// <exception cref="StartRefusedException">The arguments are wrong, or there is no database.</exception>
    public static int Run(string[] arguments, CancellationToken cancellationToken) => arguments switch
    {
        ["rebuild", "--data", { } folder] => Rebuild(folder, null, cancellationToken),
        ["rebuild", "--data", { } folder, "--archive", { } files] => Rebuild(folder, files, cancellationToken),
        ["archive", "--data", { } folder, "--before", { } text, "--out", { } files] when IsMoment(text, out DateTimeOffset before) => Archive(folder, before, files, isDry: false, cancellationToken),
        ["archive", "--data", { } folder, "--before", { } text, "--out", { } files, "--dry-run"] when IsMoment(text, out DateTimeOffset before) => Archive(folder, before, files, isDry: true, cancellationToken),
        ["backup", "--data", { } folder, "--to", { } file] => Write(Backup.Make(folder, file, DateTimeOffset.UtcNow)),
        ["restore", "--from", { } file, "--data", { } folder] => Write(Restore.Run(file, folder, DateTimeOffset.UtcNow)),
        ["move", "--data", { } folder, "--to-postgres", { } postgres] => Write(MoveToPostgres.Run(folder, postgres, TimeProvider.System, Console.Error.WriteLine)),
        ["bench", "ledger", "--transfers", { } count, .. { } rest] when int.TryParse(count, out int transfers) && transfers is > 0 and <= 100_000_000 && IsOption(rest, "--postgres", out string? postgres) => Write(LedgerBench.Run(transfers, postgres)),
        ["bench", "verdicts", "--batches", { } count] when int.TryParse(count, out int batches) && batches is > 0 and <= 100_000_000 => Write(VerdictBench.Run(batches)),
        ["bench", "signatures", "--signatures", { } count] when int.TryParse(count, out int signatures) && signatures is > 0 and <= 100_000_000 => Write(SignatureBench.Run(signatures, done => Console.Error.WriteLine($"{done} signatures checked both ways"))),
        ["bench", "watch", "--nodes", { } count] when int.TryParse(count, out int nodes) && nodes is > 0 and <= 1_000_000 => Write(WatchBench.Run(nodes)),
        ["bench", "wave", "--nodes", { } count, .. { } rest] when int.TryParse(count, out int nodes) && nodes is > 0 and <= 1_000_000 && IsOption(rest, "--postgres", out string? postgres) => Write(WaveBench.Run(nodes, postgres)),
        ["bench", "pages", "--nodes", { } count, .. { } rest] when int.TryParse(count, out int nodes) && nodes is > 0 and <= 1_000_000 && IsOption(rest, "--postgres", out string? postgres) => Write(PagesBench.Run(nodes, postgres)),
        ["bench", "idle", "--data", { } folder, "--nodes", { } count, .. { } rest] when int.TryParse(count, out int nodes) && nodes is > 0 and <= 10_000_000 && IsOption(rest, "--logins", out string? logins) => Write(IdleNodes.Run(folder, nodes, logins, Console.Error.WriteLine)),
        ["token", "--data", { } folder, "--name", { } name, "--scopes", { } scopes, "--days", { } days] when int.TryParse(days, out int count) => OfflineToken.Make(folder, name, scopes.Split(','), count, Write),
        _ => throw new StartRefusedException("Usage: fleet-backend rebuild --data DIR [--archive DIR], fleet-backend archive --data DIR --before MOMENT --out DIR [--dry-run], fleet-backend backup --data DIR --to FILE, fleet-backend restore --from FILE --data DIR, fleet-backend move --data DIR --to-postgres TEXT, fleet-backend token --data DIR --name NAME --scopes ROLE,ROLE --days N, or fleet-backend bench ledger --transfers N [--postgres TEXT] | verdicts --batches N | signatures --signatures N | watch --nodes N | wave --nodes N [--postgres TEXT] | pages --nodes N [--postgres TEXT] | idle --data DIR --nodes N [--logins FILE]"),
    };

    private static int Rebuild(string folder, string? archive, CancellationToken cancellationToken)
    {
        try
        {
            using DbConnection connection = Database.Connect(folder);
            var check = new RebuildCheck(connection, batches => Console.Error.WriteLine($"{batches} batches judged again"), archive);
            RebuildReport report = check.Run(cancellationToken);
            Write(report);
            return report.Found == 0 ? 0 : 1;
        }
        catch (DbException problem)
        {
            throw new StartRefusedException($"The database of {folder} cannot be read: {problem.Message}. Start the backend once, so that it has the schema of this program.", problem);
        }
    }

    private static int Archive(string folder, DateTimeOffset before, string files, bool isDry, CancellationToken cancellationToken)
    {
        try
        {
            return Write(new Archiving(folder, files, TimeProvider.System, Console.Error.WriteLine).Run(before, isDry, cancellationToken));
        }
        catch (Exception problem) when (problem is DbException or IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"Archiving stopped: {problem.Message.TrimEnd('.')}. Nothing is lost: bytes leave the database only when a checked file holds them. Give the command again when it is mended.", problem);
        }
    }

    // Nothing more, or this one option with its value.
    private static bool IsOption(string[] rest, string name, out string? value)
    {
        value = rest is [{ } given, { } named] && given == name ? named : null;
        return rest.Length == 0 || value is not null;
    }

    private static bool IsMoment(string text, out DateTimeOffset moment) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out moment);

    private static int Write(object report)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(report, report.GetType(), JsonSerializerOptions.Web));
        return 0;
    }
}
