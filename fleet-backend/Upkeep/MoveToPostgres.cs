using System.Data.Common;
using DePin.Fleet.Storage;
using Npgsql;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// Takes a fleet from SQLite to PostgreSQL while its backend stands still: every row of every table in one transaction, counted on both sides before
/// it commits. The file stays, under another name, so that nobody starts it by mistake.
/// </summary>
internal static class MoveToPostgres
{
    private const string MovedSuffix = ".moved";

    /// <summary>Moves it, or leaves everything as it was.</summary>
    /// <exception cref="StartRefusedException">The folder holds no fleet in SQLite, a backend runs on it, or the database is not an empty one.</exception>
    public static MoveReport Run(string dataFolder, string postgres, TimeProvider time, Action<string> progress)
    {
        string file = Path.Combine(dataFolder, DataFolder.DatabaseName);
        if (PostgresName.Of(dataFolder) is not null || !File.Exists(file))
        {
            throw new StartRefusedException($"{dataFolder} holds no fleet in SQLite; name the data folder of a backend with --data.");
        }

        PostgresName.Parse(postgres);
        using DataFolder folder = DataFolder.Open(dataFolder);
        try
        {
            // As a start does, so that both have the schema of this program.
            using Database sqlite = Database.Open(folder, time);
            using Database target = Database.Unnamed(postgres, time);
            IReadOnlyList<MovedTable> tables;
            using (DbConnection from = sqlite.OpenReader())
            using (DbTransaction instant = from.BeginInstant())
            using (var to = (NpgsqlConnection)target.OpenWriter())
            {
                tables = Copy(from, to, progress);
            }

            PostgresName.Keep(folder, postgres);
            return new MoveReport(target.Description, file + MovedSuffix, tables.Sum(table => table.Rows), tables);
        }
        catch (DbException problem)
        {
            throw new StartRefusedException($"The fleet of {dataFolder} was not moved: {problem.Message}. Nothing was changed; the backend goes on with SQLite.", problem);
        }
        finally
        {
            // Last of all: a folder that remembers PostgreSQL and still has the file is one that was moved.
            if (PostgresName.Of(dataFolder) is not null)
            {
                foreach (string part in Directory.GetFiles(dataFolder, DataFolder.DatabaseName + "*").Where(part => !part.EndsWith(MovedSuffix, StringComparison.Ordinal)))
                {
                    File.Move(part, part + MovedSuffix, overwrite: true);
                }
            }
        }
    }

    private static List<MovedTable> Copy(DbConnection from, NpgsqlConnection to, Action<string> progress)
    {
        using NpgsqlTransaction transaction = to.BeginTransaction();
        IReadOnlyList<string> tables = MoveStore.Tables(to);
        if (tables.FirstOrDefault(table => MoveStore.HasForeignRows(to, table)) is { } used)
        {
            throw new StartRefusedException($"The database to move to is not empty: there are rows in its table {used}. Name a new one. Nothing was changed.");
        }

        MoveStore.SetTriggers(to, tables, isOn: false);
        MoveStore.Clear(to, tables);
        (long first, long last) = MoveStore.Batches(from);
        PartitionStore.Keep(to, first, last);
        var moved = new List<MovedTable>();
        foreach (string table in tables)
        {
            long rows = MoveStore.Copy(from, to, table);
            long there = MoveStore.Count(to, table);
            if (rows != there || rows != MoveStore.Count(from, table))
            {
                throw new InvalidDataException($"of {MoveStore.Count(from, table)} rows of {table} {rows} were read and {there} stored");
            }

            MoveStore.ContinueNumbers(to, table);
            moved.Add(new MovedTable(table, rows));
            progress($"{rows} rows of {table}");
        }

        MoveStore.SetTriggers(to, tables, isOn: true);
        transaction.Commit();
        MoveStore.Analyze(to);
        return moved;
    }
}

/// <summary>What was moved.</summary>
/// <param name="Database">Where it is now.</param>
/// <param name="Kept">The SQLite database, as it was.</param>
/// <param name="Rows">Rows of all tables.</param>
/// <param name="Tables">Each table.</param>
internal sealed record MoveReport(string Database, string Kept, long Rows, IReadOnlyList<MovedTable> Tables);

/// <summary>A table and its rows.</summary>
internal sealed record MovedTable(string Table, long Rows);
