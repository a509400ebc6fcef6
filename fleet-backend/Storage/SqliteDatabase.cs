using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Storage;

/// <summary>The file DATA/fleet.db: opened in WAL mode, where each commit is on the disk before it counts (synchronous=FULL). What is deleted is overwritten.</summary>
internal sealed class SqliteDatabase : Database
{
    // WAL pages (4 KiB each) after which they are copied into the database, beside the writer: within a commit that takes 100 ms, for which every receipt would wait.
    private const int CheckpointPages = 8_000;

    // Where that does not keep up, a commit does it. (Two connections may do so since SQLite 3.51.3: before, the WAL-reset bug of https://sqlite.org/wal.html could lose commits.)
    private const int LongestWalPages = 2 * CheckpointPages;

    // SQLITE_DBSTATUS_CACHE_WRITE of sqlite3.h: pages that a connection wrote, in WAL mode to the WAL.
    private const int PagesWritten = 9;

    // Pages of the database that the writer keeps, as SQLite counts it: KiB below zero. Hashes in the log of proofs fall anywhere.
    private const int WriterCacheKibibytes = -16_384;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly string _readerText;
    private Task _checkpoint = Task.CompletedTask;
    private int _walPages;
    private bool _isDisposed;

    public SqliteDatabase(string path)
    {
        _path = path;
        _readerText = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = true }.ToString();
    }

    public override string Description
    {
        get
        {
            using var connection = new SqliteConnection();
            return $"{_path}, SQLite {connection.ServerVersion}";
        }
    }

    public override DbConnection OpenReader()
    {
        var connection = new SqliteConnection(_readerText);
        connection.Open();
        connection.Execute("PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;");
        return connection;
    }

    internal override DbConnection OpenWriter()
    {
        var text = new SqliteConnectionStringBuilder { DataSource = _path, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false };
        var connection = new SqliteConnection(text.ToString());
        try
        {
            connection.Open();
            connection.Execute($"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint={LongestWalPages}; PRAGMA cache_size={WriterCacheKibibytes};");
            if (connection.ExecuteScalar<long>("PRAGMA synchronous") != 2 || connection.ExecuteScalar<long>("PRAGMA foreign_keys") != 1)
            {
                throw new StartRefusedException($"SQLite did not take synchronous=FULL and foreign keys for {_path}; without them a receipt would promise too much.");
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    internal override void Begin(DbConnection writer, Turn turn) => writer.Execute("BEGIN IMMEDIATE");

    internal override void Committed(DbConnection writer)
    {
        SQLitePCL.raw.sqlite3_db_status(((SqliteConnection)writer).Handle, PagesWritten, out int pages, out _, resetFlg: 1);
        _walPages += pages;
        lock (_gate)
        {
            if (_walPages >= CheckpointPages && _checkpoint.IsCompleted && !_isDisposed)
            {
                _walPages = 0;
                _checkpoint = Task.Run(CheckpointWal);
            }
        }
    }

    internal override void RollBack(DbConnection writer)
    {
        // Some failures (a full disk, an I/O error) have rolled back already.
        if (SQLitePCL.raw.sqlite3_get_autocommit(((SqliteConnection)writer).Handle) == 0)
        {
            writer.Execute("ROLLBACK");
        }
    }

    private protected override void Migrate(DbConnection writer, long nowUnixMilliseconds) => Migrations.Apply(writer, Migrations.Embedded(Migrations.Sqlite), nowUnixMilliseconds);

    /// <summary>As the last one out, the writer checkpoints the WAL.</summary>
    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _checkpoint.Wait();
        using var connection = new SqliteConnection(_readerText);
        SqliteConnection.ClearPool(connection);
    }

    private void CheckpointWal()
    {
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
            connection.Open();
            connection.Execute("PRAGMA synchronous=FULL; PRAGMA wal_checkpoint(PASSIVE);");
        }
        catch (SqliteException)
        {
            // A full or broken disk. Nothing is lost: the WAL keeps what the database lacks, it is tried again after as many pages, and the writer, which fails on that disk too, says so.
        }
    }
}
