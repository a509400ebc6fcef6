using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Storage;

/// <summary>The file DATA/fleet.db: opened in WAL mode, where each commit is on the disk before it counts (synchronous=FULL).</summary>
internal sealed class SqliteDatabase : Database
{
    // WAL pages (4 KiB each) after which a commit also copies them into the database. It takes some 100 ms, which another connection could do
    // beside the writer; but before 3.51.3 SQLite may then lose what was committed (https://sqlite.org/wal.html, the WAL-reset bug). So nobody but the writer does it.
    private const int CheckpointPages = 16_000;

    // Pages of the database that the writer keeps, as SQLite counts it: KiB below zero. Hashes in the log of proofs fall anywhere.
    private const int WriterCacheKibibytes = -16_384;

    private readonly string _path;
    private readonly string _readerText;

    public SqliteDatabase(string path)
    {
        _path = path;
        _readerText = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = true }.ToString();
    }

    public override string Description => $"{_path}, SQLite {SQLitePCL.raw.sqlite3_libversion().utf8_to_string()}";

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
            connection.Execute($"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint={CheckpointPages}; PRAGMA cache_size={WriterCacheKibibytes};");
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

    internal override void RollBack(DbConnection writer)
    {
        // Some failures (a full disk, an I/O error) have rolled back already.
        if (SQLitePCL.raw.sqlite3_get_autocommit(((SqliteConnection)writer).Handle) == 0)
        {
            writer.Execute("ROLLBACK");
        }
    }

    private protected override void Migrate(DbConnection writer, long nowUnixMilliseconds) => Migrations.Apply(writer, Migrations.Embedded(Migrations.Sqlite), nowUnixMilliseconds);

    /// <summary>As the last one out, the writer folds the WAL into the database.</summary>
    protected override void Dispose(bool disposing)
    {
        using var connection = new SqliteConnection(_readerText);
        SqliteConnection.ClearPool(connection);
    }
}
