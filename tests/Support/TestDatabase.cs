using System.Data.Common;
using System.Text.RegularExpressions;
using Dapper;
using DePin.Fleet.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace DePin.Tests.Support;

/// <summary>
/// Which database a test's backends use: SQLite, or the PostgreSQL server that the environment variable DEPIN_TEST_POSTGRES names by a connection
/// string of somebody who may make databases. There, each data folder has a database of its own, which goes away with the folder.
/// </summary>
internal static partial class TestDatabase
{
    /// <summary>The variable's name.</summary>
    public const string Variable = "DEPIN_TEST_POSTGRES";

    private static readonly string? Server = Environment.GetEnvironmentVariable(Variable);

    /// <summary>Whether tests run on PostgreSQL.</summary>
    public static bool IsPostgres => Server is not null;

    /// <summary>Makes the database that a data folder is going to use, where that is not simply a file in it.</summary>
    public static void Prepare(string dataFolder)
    {
        string file = Path.Combine(dataFolder, PostgresName.FileName);
        if (Server is null || File.Exists(file))
        {
            return;
        }

        var named = new NpgsqlConnectionStringBuilder(Server) { Database = $"depin_{Guid.NewGuid():N}" };
        using (var connection = new NpgsqlConnection(Server))
        {
            connection.Open();
            connection.Execute($"CREATE DATABASE {named.Database} TEMPLATE template0 ENCODING 'UTF8'");
        }

        // Tests that tamper speak SQLite; these two words of it the schema itself has no use for.
        using (var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(named.ToString()) { Pooling = false }.ToString()))
        {
            connection.Open();
            connection.Execute("CREATE FUNCTION zeroblob(BIGINT) RETURNS BYTEA LANGUAGE sql RETURN decode(repeat('00', $1::int), 'hex')");
            connection.Execute("CREATE FUNCTION randomblob(BIGINT) RETURNS BYTEA LANGUAGE sql VOLATILE RETURN substr(sha256(random()::text::bytea), 1, $1::int)");
        }

        Directory.CreateDirectory(dataFolder);
        File.WriteAllText(file, named.ToString());
    }

    /// <summary>A connection past the backend that may do everything, also what foreign keys forbid: for tests that tamper.</summary>
    public static DbConnection Tamper(string dataFolder) => Open(dataFolder, "-c session_replication_role=replica");

    /// <summary>A connection past the backend that may write what the rules of the database allow.</summary>
    public static DbConnection Open(string dataFolder, string? options = null)
    {
        DbConnection connection = PostgresName.Of(dataFolder) is { } text
            ? new NpgsqlConnection(new NpgsqlConnectionStringBuilder(text) { Pooling = false, Options = options }.ToString())
            : new SqliteConnection($"Data Source={Path.Combine(dataFolder, DataFolder.DatabaseName)};Pooling=False;Foreign Keys=False");
        connection.Open();
        return connection;
    }

    /// <summary>Gives a data folder an empty database instead of its own.</summary>
    public static void Lose(string dataFolder)
    {
        foreach (string file in (string[])[.. Directory.GetFiles(dataFolder, DataFolder.DatabaseName + "*"), Path.Combine(dataFolder, PostgresName.FileName)])
        {
            File.Delete(file);
        }

        Prepare(dataFolder);
    }

    /// <summary>SQL of a test that tampers: past triggers, which <see cref="Tamper"/> switches off on PostgreSQL and SQLite has to lose.</summary>
    public static string PastTriggers(string sql) => IsPostgres ? DropTrigger().Replace(sql, "") : sql;

    /// <summary>Drops the databases of the data folders in a folder.</summary>
    public static void Drop(string folder)
    {
        if (Server is null)
        {
            return;
        }

        foreach (string file in Directory.GetFiles(folder, PostgresName.FileName, SearchOption.AllDirectories))
        {
            string name = new NpgsqlConnectionStringBuilder(File.ReadAllText(file)).Database!;
            using var connection = new NpgsqlConnection(Server);
            connection.Open();
            connection.Execute($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        }
    }

    [GeneratedRegex("DROP TRIGGER [a-z_]+; ")]
    private static partial Regex DropTrigger();
}
