using System.Text;
using Npgsql;

namespace DePin.Fleet.Storage;

/// <summary>
/// Which PostgreSQL a backend uses: the setting 'postgres', kept in the data folder too, so that commands that are given only the folder find the
/// same database and a start without the setting does not begin an empty one beside it.
/// </summary>
internal static class PostgresName
{
    /// <summary>The file in the data folder; its owner alone may read it, since a password may stand in it.</summary>
    public const string FileName = "postgres.txt";

    private const int MaxCharacters = 4096;

    /// <summary>The connection string that a data folder remembers, or null.</summary>
    /// <exception cref="StartRefusedException">It cannot be read.</exception>
    public static string? Of(string folder)
    {
        string file = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{file} cannot be read: {problem.Message}", problem);
        }
    }

    /// <summary>The connection string that counts for a folder, or null for SQLite.</summary>
    /// <exception cref="StartRefusedException">It is none, or the folder already holds a fleet in SQLite.</exception>
    public static string? Choose(DataFolder folder, string? given)
    {
        string? kept = Of(folder.Path);
        if (given is null || given == kept)
        {
            return kept;
        }

        Parse(given);
        var file = new FileInfo(folder.FileOf(DataFolder.DatabaseName));
        if (kept is null && file is { Exists: true, Length: > 0 })
        {
            throw new StartRefusedException($"{file.FullName} holds a fleet in SQLite, and the setting 'postgres' names another database. Take the fleet along with 'tools/depin move', or choose another data folder. Nothing was changed.");
        }

        return given;
    }

    /// <summary>Remembers the database that was opened.</summary>
    public static void Keep(DataFolder folder, string name)
    {
        if (Of(folder.Path) != name)
        {
            folder.WritePrivate(FileName, Encoding.UTF8.GetBytes(name + "\n"));
        }
    }

    /// <summary>The parts of a connection string.</summary>
    /// <exception cref="StartRefusedException">It is none; it is not repeated, since a password may stand in it.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text) =>
        Problem(text) is { } problem ? throw new StartRefusedException(problem) : new NpgsqlConnectionStringBuilder(text);

    /// <summary>What is wrong with a connection string, or null.</summary>
    public static string? Problem(string text)
    {
        const string Example = "for example Host=db.example.org;Database=depin;Username=depin;SSL Mode=VerifyFull, with the password in PGPASSFILE";
        if (text.Length is 0 or > MaxCharacters)
        {
            return $"postgres must have 1 to {MaxCharacters} characters, {Example}.";
        }

        try
        {
            var parts = new NpgsqlConnectionStringBuilder(text);
            return string.IsNullOrEmpty(parts.Host) || string.IsNullOrEmpty(parts.Database) ? $"postgres must name a Host and a Database, {Example}." : null;
        }
        catch (Exception problem) when (problem is ArgumentException or FormatException)
        {
            return $"postgres is no connection string ({problem.Message}); write it {Example}.";
        }
    }
}
