using System.Data;
using System.Data.Common;
using System.Diagnostics;
using Dapper;
using Npgsql;

namespace DePin.Fleet.Storage;

/// <summary>
/// A database of a PostgreSQL server. One backend at a time writes to it, as to a SQLite file: whoever writes holds a lock in the database for as long as
/// its connection lives.
/// </summary>
internal sealed class PostgresDatabase : Database
{
    private const int OldestVersion = 15;
    private const int MostReaders = 50;

    // Any number, as long as every backend takes the same: ASCII of "DePIn".
    private const long WriterLock = 0x44_65_50_49_6E;

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10), LockPause = TimeSpan.FromMilliseconds(50);

    private readonly NpgsqlDataSource _readers;
    private readonly NpgsqlDataSource _writer;

    /// <exception cref="StartRefusedException">The text is no connection string.</exception>
    public PostgresDatabase(string text)
    {
        NpgsqlConnectionStringBuilder settings = PostgresName.Parse(text);
        Description = $"'{settings.Database}' on {settings.Host}:{settings.Port} (PostgreSQL)";
        settings.ApplicationName ??= "depin fleet-backend";
        settings.MaxAutoPrepare = 256;
        settings.AutoPrepareMinUsages = 2;
        string options = settings.Options ?? "";

        // A backend whose machine vanished must not keep the lock for the two hours that a system waits by itself.
        settings.Options = $"{options} -c synchronous_commit=on -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3".Trim();

        // A server allows 100 connections unless it is told otherwise.
        settings.MaxPoolSize = Math.Min(settings.MaxPoolSize, MostReaders);

        // Jobs may take long; requests that read may not.
        _writer = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(settings.ToString()) { Pooling = false, CommandTimeout = 0 }.ToString()).Build();
        settings.Options += " -c default_transaction_read_only=on";
        _readers = new NpgsqlDataSourceBuilder(settings.ToString()).Build();
    }

    public override string Description { get; }

    public override DbConnection OpenReader() => _readers.OpenConnection();

    internal override DbConnection OpenWriter()
    {
        NpgsqlConnection connection = _writer.CreateConnection();
        try
        {
            OpenAndLock(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    internal override void Begin(DbConnection writer)
    {
        if (writer.State != ConnectionState.Open)
        {
            writer.Close();
            OpenAndLock(writer);
        }

        writer.Execute("BEGIN TRANSACTION");
    }

    internal override void RollBack(DbConnection writer)
    {
        RowBuffer.Forget((NpgsqlConnection)writer);
        if (writer.State == ConnectionState.Open)
        {
            writer.Execute("ROLLBACK");
        }
    }

    private protected override void Migrate(DbConnection writer, long nowUnixMilliseconds)
    {
        CheckServer(writer);
        if (writer.ExecuteScalar<bool>("SELECT to_regclass('schema_version') IS NULL AND EXISTS(SELECT 1 FROM pg_tables WHERE schemaname = current_schema())"))
        {
            throw new StartRefusedException($"The database {Description} holds tables of something else; name an empty one. Nothing was changed.");
        }

        Migrations.Apply(writer, Migrations.Embedded(Migrations.Postgres), nowUnixMilliseconds);
    }

    protected override void Dispose(bool disposing)
    {
        _readers.Dispose();
        _writer.Dispose();
    }

    // The server may need a moment to see that the one before is gone.
    private void OpenAndLock(DbConnection connection)
    {
        connection.Open();
        long began = Stopwatch.GetTimestamp();
        while (!connection.ExecuteScalar<bool>($"SELECT pg_try_advisory_lock({WriterLock})"))
        {
            if (Stopwatch.GetElapsedTime(began) > LockPatience)
            {
                connection.Close();
                throw new StartRefusedException($"The database {Description} is in use by another backend; stop that one or name another database.");
            }

            Thread.Sleep(LockPause);
        }
    }

    private void CheckServer(DbConnection connection)
    {
        (long version, string encoding, string fsync) = connection.QuerySingle<(long, string, string)>(
            "SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding'), current_setting('fsync')");
        if (version / 10_000 < OldestVersion)
        {
            throw new StartRefusedException($"The database {Description} is version {version / 10_000}; {OldestVersion} is the oldest that serves. Nothing was changed.");
        }

        if (encoding is not "UTF8" || fsync is not "on")
        {
            throw new StartRefusedException($"The database {Description} has encoding {encoding} and fsync {fsync}; UTF8 and on are needed: without them a receipt would promise too much. Nothing was changed.");
        }
    }
}
