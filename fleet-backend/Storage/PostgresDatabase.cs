using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using Dapper;
using Npgsql;

namespace DePin.Fleet.Storage;

/// <summary>
/// A database of a PostgreSQL server, shared by any number of instances. Of each <see cref="Turn"/> one transaction at a time writes: it takes the turn first
/// and has it until it ends. So rows are committed in the order of their ids, and what a job has read of what its turn writes stays true until its commit.
/// </summary>
internal sealed class PostgresDatabase : Database
{
    private const int OldestVersion = 15;
    private const int MostReaders = 50;

    // Any numbers, as long as every instance takes the same: ASCII of "DePIn", and those after it.
    private const long BooksLock = 0x44_65_50_49_6E, MigrationLock = BooksLock + 1, IngestLock = BooksLock + 2;

    // A writer that stops in the middle, as a frozen machine does, keeps all others waiting: the server ends its transaction after this.
    private const int SecondsIdleInTurn = 30;

    private readonly NpgsqlDataSource _readers;
    private readonly NpgsqlDataSource _writer;
    private readonly NpgsqlDataSource _alone;
    private readonly ConcurrentDictionary<DbConnection, bool> _synchronized = new();

    /// <exception cref="StartRefusedException">The text is no connection string.</exception>
    public PostgresDatabase(string text)
    {
        NpgsqlConnectionStringBuilder settings = PostgresName.Parse(text);
        Description = $"'{settings.Database}' on {settings.Host}:{settings.Port} (PostgreSQL)";
        settings.ApplicationName ??= "depin fleet-backend";
        settings.MaxAutoPrepare = 256;
        settings.AutoPrepareMinUsages = 2;
        if (settings.Host!.Contains(','))
        {
            // Of a pair the one that takes writes, and the other as soon as it is promoted. 'read-write' would find none, since readers refuse to write.
            settings.TargetSessionAttributes = "primary";
            settings.HostRecheckSeconds = 1;
        }

        string options = settings.Options ?? "";

        // An instance whose machine vanished must not keep the turn for the two hours that a system waits by itself.
        settings.Options = $"{options} -c synchronous_commit=on -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3".Trim();

        // A server allows 100 connections unless it is told otherwise.
        settings.MaxPoolSize = Math.Min(settings.MaxPoolSize, MostReaders);

        // Jobs may take long; requests that read may not.
        var alone = new NpgsqlConnectionStringBuilder(settings.ToString()) { Pooling = false };
        _alone = new NpgsqlDataSourceBuilder(alone.ToString()).Build();
        alone.Options += $" -c idle_in_transaction_session_timeout={SecondsIdleInTurn}s";
        alone.CommandTimeout = 0;
        _writer = new NpgsqlDataSourceBuilder(alone.ToString()).Build();
        settings.Options += " -c default_transaction_read_only=on";
        _readers = new NpgsqlDataSourceBuilder(settings.ToString()).Build();
    }

    public override string Description { get; }

    public override bool IsShared => true;

    public override DbConnection OpenReader() => _readers.OpenConnection();

    /// <summary>A connection outside of the pool and of the turns: for what instances tell each other, and for leases.</summary>
    public NpgsqlConnection OpenAlone() => _alone.OpenConnection();

    internal override DbConnection OpenWriter() => _writer.OpenConnection();

    /// <summary>Takes the turn of the books for the rest of the present transaction.</summary>
    public static void TakeBooks(DbConnection writer) => writer.Execute(TakeText(BooksLock));

    internal override void Begin(DbConnection writer, Turn turn)
    {
        if (writer.State != ConnectionState.Open)
        {
            writer.Close();
            writer.Open();
            _synchronized.TryRemove(writer, out _);
        }

        if (!_synchronized.ContainsKey(writer))
        {
            // A primary that went down in a commit shows it when it is back, before its standby has it; another loss would then take what a receipt
            // already said. A commit of a few bytes waits for the standby, which has all before it then: from here on what the writer reads is on both.
            writer.Execute("SELECT pg_logical_emit_message(true, 'depin', '')");
            _synchronized[writer] = true;
        }

        using var begin = new NpgsqlBatch((NpgsqlConnection)writer) { BatchCommands = { new NpgsqlBatchCommand("BEGIN TRANSACTION"), new NpgsqlBatchCommand(TakeText(turn is Turn.Ingest ? IngestLock : BooksLock)) } };
        begin.ExecuteNonQuery();
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

        // Instances that start together: one makes the tables, the others find them. It is free again when the connection closes.
        writer.Execute($"SELECT pg_advisory_lock({MigrationLock})");
        if (writer.ExecuteScalar<bool>("SELECT to_regclass('schema_version') IS NULL AND EXISTS(SELECT 1 FROM pg_tables WHERE schemaname = current_schema())"))
        {
            throw new StartRefusedException($"The database {Description} holds tables of something else; name an empty one. Nothing was changed.");
        }

        Migrations.Apply(writer, Migrations.Embedded(Migrations.Postgres), nowUnixMilliseconds);
        PartitionStore.KeepAtStart(writer);
    }

    protected override void Dispose(bool disposing)
    {
        _readers.Dispose();
        _writer.Dispose();
        _alone.Dispose();
    }

    private static string TakeText(long turn) => $"SELECT pg_advisory_xact_lock({turn})";

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
