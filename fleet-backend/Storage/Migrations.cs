using System.Data.Common;
using System.Globalization;
using System.Reflection;
using Dapper;

namespace DePin.Fleet.Storage;

/// <summary>
/// The schema as a row of numbered SQL files, each applied once and in one transaction. A file that was released never changes;
/// what it got wrong is put right by a new one.
/// </summary>
public static class Migrations
{
    /// <summary>The files for SQLite.</summary>
    public const string Sqlite = "DePin.Fleet.Storage.Migrations.";

    /// <summary>The files for PostgreSQL.</summary>
    public const string Postgres = "DePin.Fleet.Storage.PostgresMigrations.";

    /// <summary>The files of one database built into this program, in the order of their numbers.</summary>
    public static IReadOnlyList<Migration> Embedded(string prefix)
    {
        Assembly assembly = typeof(Migrations).Assembly;
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => Load(assembly, prefix, name))
            .OrderBy(migration => migration.Version)];
    }

    /// <summary>Applies what is missing.</summary>
    /// <exception cref="StartRefusedException">The database knows a migration that this program does not: a newer program made it.</exception>
    public static void Apply(DbConnection connection, IReadOnlyList<Migration> migrations, long nowUnixMilliseconds)
    {
        connection.Execute(
            "CREATE TABLE IF NOT EXISTS schema_version(version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_ms BIGINT NOT NULL)");
        HashSet<long> applied = [.. connection.Query<long>("SELECT version FROM schema_version")];
        long[] unknown = [.. applied.Except(migrations.Select(migration => migration.Version))];
        if (unknown.Length > 0)
        {
            throw new StartRefusedException(
                $"The database {connection.DataSource} was made by a newer version of this program (it has schema {unknown.Max()}); start that version. Nothing was changed.");
        }

        foreach (Migration migration in migrations.Where(migration => !applied.Contains(migration.Version)))
        {
            using DbTransaction transaction = connection.BeginTransaction();
            connection.Execute(migration.Sql, transaction: transaction);
            connection.Execute(
                "INSERT INTO schema_version(version, name, applied_ms) VALUES(@Version, @Name, @now)",
                new { migration.Version, migration.Name, now = nowUnixMilliseconds },
                transaction);
            transaction.Commit();
        }
    }

    private static Migration Load(Assembly assembly, string prefix, string resource)
    {
        // NNNN_name.sql
        string file = resource[prefix.Length..];
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return new Migration(long.Parse(file.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), file[5..^4], reader.ReadToEnd());
    }
}

/// <summary>One step of the schema.</summary>
public sealed record Migration(long Version, string Name, string Sql);
