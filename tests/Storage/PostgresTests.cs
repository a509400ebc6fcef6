using System.Data.Common;
using Dapper;
using DePin.Fleet;
using DePin.Fleet.Ledger;
using DePin.Fleet.Notices;
using DePin.Fleet.Proof;
using DePin.Fleet.Storage;
using DePin.Fleet.Watching;
using DePin.Tests.Support;
using DePin.Tools.Backend;
using Npgsql;

namespace DePin.Tests.Storage;

/// <summary>What stands on SQLite stands on PostgreSQL too, with one SQL for both.</summary>
public sealed class PostgresTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private PostgresServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public Task The_tests_of_ingest_books_proofs_and_overview_pass_on_PostgreSQL_too() =>
        TestRun.PassesAsync(["Ingest", "Ledger", "Proof", "Overview"], TestDatabase.Variable, _server.ConnectionString, TestContext.Current.CancellationToken);

    [Fact]
    public Task The_tests_of_archives_pass_on_PostgreSQL_too() =>
        TestRun.PassesAsync(["Upkeep.ArchiveTests"], TestDatabase.Variable, _server.ConnectionString, TestContext.Current.CancellationToken, "-class");

    [Fact]
    public async Task Both_databases_have_the_same_tables_with_the_same_columns()
    {
        Assert.Equal(Migrations.Embedded(Migrations.Sqlite)[^1].Version, Migrations.Embedded(Migrations.Postgres)[^1].Version);
        using DataFolder one = DataFolder.Open(_folder.File("sqlite"));
        using DataFolder other = DataFolder.Open(_folder.File("postgres"));
        using Database sqlite = Database.Open(one, TimeProvider.System);
        using Database postgres = Database.Open(other, TimeProvider.System, await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken));

        // The index of words of lists is a table on SQLite and an index on PostgreSQL; what instances share is on PostgreSQL alone.
        IEnumerable<string> ofSqlite = Lines(sqlite, """
            SELECT t.name || '.' || c.name || CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN ' must' ELSE ' may' END
            FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'node_text%'
            """);
        IEnumerable<string> ofPostgres = Lines(postgres, """
            SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN ' must' ELSE ' may' END FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name NOT LIKE 'shared%' AND NOT (SELECT relispartition FROM pg_class WHERE oid = table_name::regclass)
            """);
        Assert.Equal(ofSqlite.Order(StringComparer.Ordinal), ofPostgres.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Both_databases_have_the_same_indexes()
    {
        using DataFolder one = DataFolder.Open(_folder.File("sqlite"));
        using DataFolder other = DataFolder.Open(_folder.File("postgres"));
        using Database sqlite = Database.Open(one, TimeProvider.System);
        using Database postgres = Database.Open(other, TimeProvider.System, await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken));
        IEnumerable<string> ofSqlite = Lines(sqlite, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").Append("node_overview_words");
        IEnumerable<string> ofPostgres = Lines(postgres, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'");
        Assert.Equal(ofSqlite.Order(StringComparer.Ordinal), ofPostgres.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_lost_connection_fails_the_job_under_way_and_the_next_one_finds_another()
    {
        using DataFolder folder = DataFolder.Open(_folder.File("data"));
        string text = await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        using Database database = Database.Open(folder, TimeProvider.System, text);
        using var writer = new StoreWriter(database);
        await writer.RunAsync(connection => connection.Execute("CREATE TABLE t(n BIGINT)"));
        await Assert.ThrowsAnyAsync<DbException>(() => writer.RunAsync(connection =>
        {
            connection.Execute("INSERT INTO t VALUES(1)");
            connection.Execute("SELECT pg_terminate_backend(pg_backend_pid())");
        }));
        await writer.RunAsync(connection => connection.Execute("INSERT INTO t VALUES(2)"));
        using DbConnection reader = database.OpenReader();
        Assert.Equal([2L], reader.Query<long>("SELECT n FROM t"));
    }

    [Fact]
    public async Task Writers_of_several_backends_take_turns_and_their_ids_rise_as_they_commit()
    {
        using DataFolder one = DataFolder.Open(_folder.File("one"));
        using DataFolder other = DataFolder.Open(_folder.File("other"));
        string text = await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        using Database first = Database.Open(one, TimeProvider.System, text);
        using Database second = Database.Open(other, TimeProvider.System, text);
        using var writer = new StoreWriter(first);
        using var rival = new StoreWriter(second);
        await writer.RunAsync(connection => connection.Execute("CREATE TABLE t(id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, seen BIGINT)"));

        // Each row holds how many were committed before it; that is its own number less one only where nobody writes in between.
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? writer : rival).RunAsync(connection => connection.Execute("INSERT INTO t(seen) SELECT count(*) FROM t"))));
        using DbConnection reader = first.OpenReader();
        Assert.Equal(200, reader.ExecuteScalar<long>("SELECT count(*) FROM t WHERE seen = id - 1"));
    }

    [Fact]
    public async Task No_index_looks_at_what_changes_with_every_batch_so_that_rows_stay_in_their_pages()
    {
        using DataFolder folder = DataFolder.Open(_folder.File("data"));
        using Database database = Database.Open(folder, TimeProvider.System, await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken));
        Assert.Empty(Lines(
            database,
            """
            SELECT DISTINCT i.indexrelid::regclass || ' looks at ' || a.attname FROM pg_index i JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
            JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attrelid = i.indrelid
            WHERE (a.attrelid = 'node_overview'::regclass AND a.attname IN ('heard_ms', 'battery')) OR (a.attrelid IN ('chain'::regclass, 'verdict_state'::regclass) AND a.attname <> 'node')
            """));
    }

    [Fact]
    public async Task References_are_looked_up_by_a_key_however_small_the_tables_were_when_that_was_planned()
    {
        const int Rows = 2000;
        using DataFolder folder = DataFolder.Open(_folder.File("data"));
        using Database database = Database.Open(folder, TimeProvider.System, await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken));
        using var writer = new StoreWriter(database);
        long fetched = await writer.RunAsync(connection =>
        {
            foreach (string sql in (string[])
            [
                "ANALYZE;",
                "INSERT INTO node(id, node_id, public_key, password_hash, down_key, profile, registered_ms) VALUES(1, repeat('a', 16), decode(repeat('02', 33), 'hex'), sha256('a'), decode(repeat('00', 60), 'hex'), 1, 1)",
                "INSERT INTO pairing(id, node, operator, capital_builder, place, latitude, longitude, from_unix) VALUES(1, 1, 'amina', 'fund', 'here', 0, 0, 0)",
                "INSERT INTO agreement(id, node, from_unix, operator_basis_points, capital_builder_basis_points, manager_basis_points, reserve_basis_points) VALUES(1, 1, 0, 7000, 3000, 0, 0)",
                "INSERT INTO tariff(id, profile, from_unix, micro_per_kwh, micro_per_hour) VALUES(1, 1, 0, 1, 1)",
                "INSERT INTO batch(id, node, sequence, next_sequence, payload_hash, arrived_ms) VALUES(1, 1, 1, 13, sha256('a'), 1)",
                "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, reference, made_ms, settled_ms) VALUES(sha256('a'), 'funding', 'posted', 1, 2, 1000000, 'a', 1, 1)",
            ])
            {
                connection.Execute(sql);
            }

            foreach (int before in (int[])[0, 1])
            {
                connection.Execute(
                    """
                    INSERT INTO segment(id, batch, first_reading, last_reading, pairing, agreement, tariff, opened_unix, creditable_mwh, served_seconds, energy_micro, service_micro)
                    SELECT n, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 FROM generate_series(@before + 1, @before * @Rows + 1) n
                    """,
                    new { before, Rows });
                connection.Execute(
                    """
                    INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, segment, made_ms)
                    SELECT sha256(n::text::bytea), 'energy', 'pending', 2, 3, 1, n, 1 FROM generate_series(@before + 1, @before * @Rows + 1) n
                    """,
                    new { before, Rows });
            }

            return connection.ExecuteScalar<long>("SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'segment'");
        });
        Assert.InRange(fetched, Rows, 4 * Rows);
    }

    [Fact]
    public async Task What_is_asked_every_second_reads_no_more_as_the_fleet_ages()
    {
        using DataFolder folder = DataFolder.Open(_folder.File("data"));
        using Database database = Database.Open(folder, TimeProvider.System, await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken));
        using var writer = new StoreWriter(database);
        await writer.RunAsync(connection =>
        {
            connection.Execute("INSERT INTO node(id, node_id, public_key, password_hash, down_key, profile, registered_ms) VALUES(1, repeat('a', 16), decode(repeat('02', 33), 'hex'), sha256('a'), decode(repeat('00', 60), 'hex'), 1, 1)");
            connection.Execute("INSERT INTO batch(id, node, sequence, next_sequence, payload_hash, arrived_ms) SELECT n, 1, n, n + 1, sha256('a'), 1 FROM generate_series(1, 20000) n");
            connection.Execute("INSERT INTO batch_message(batch, message) SELECT n, 'abc' FROM generate_series(1, 20000) n");
            connection.Execute("INSERT INTO event(at_ms, kind, node, by, content) SELECT n, 'registered', 1, 'amina', '{}' FROM generate_series(1, 20000) n");
            connection.Execute("UPDATE book SET cursor = 19990");
            connection.Execute("UPDATE notice_cursor SET at = 20000 WHERE source = 'event'");
        });
        (long tables, long read) = await writer.RunAsync(connection =>
        {
            // More often than a plan is made for the values alone.
            for (int i = 0; i < 10; i++)
            {
                Assert.False(NoticeStore.HasNews(connection, 1));
                Assert.Equal(10, TallyStore.Waiting(connection).Batches);
                Assert.Equal(10, GaugeStore.Backlog(connection).Batches);
                Assert.Equal(10, BacklogStore.After(connection, 19990, 128).Count);
                Assert.Equal(10, LogStore.Next(connection, new LogHead { Batch = 19990, Event = 20000 }, 1000).Entries.Count);
            }

            return connection.QuerySingle<(long, long)>("SELECT count(*), CAST(sum(seq_tup_read) AS BIGINT) FROM pg_stat_xact_user_tables WHERE relname LIKE 'batch%' OR relname = 'event'");
        });
        Assert.True(tables > 0 && read == 0, $"{read} rows were read one after the other");
        foreach (long waiting in (long[])[9_999, 10_000, 20_000])
        {
            await writer.RunAsync(connection =>
            {
                connection.Execute("UPDATE book SET cursor = 20000 - @waiting", new { waiting });
                Assert.Equal((waiting, waiting), TallyStore.Waiting(connection));
            });
        }
    }

    [Fact]
    public async Task Data_folders_remember_the_database_that_was_named_once()
    {
        using DataFolder folder = DataFolder.Open(_folder.File("data"));
        Database.Open(folder, TimeProvider.System, await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken)).Dispose();
        using Database again = Database.Open(folder, TimeProvider.System);
        Assert.StartsWith("'fleet' on ", again.Description, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.FileOf(PostgresName.FileName)));
        }
    }

    [Fact]
    public void A_folder_with_a_fleet_in_SQLite_is_not_started_on_PostgreSQL()
    {
        string path = _folder.File("data");
        using (DataFolder folder = DataFolder.Open(path))
        {
            Database.Open(folder, TimeProvider.System).Dispose();
            var refused = Assert.Throws<StartRefusedException>(() => Database.Open(folder, TimeProvider.System, _server.ConnectionString));
            Assert.Contains("holds a fleet in SQLite", refused.Message, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(Path.Combine(path, PostgresName.FileName)));
    }

    [Fact]
    public async Task A_database_of_something_else_or_none_is_refused_and_not_remembered()
    {
        using DataFolder folder = DataFolder.Open(_folder.File("data"));
        string text = await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        using (var connection = new NpgsqlConnection(text + ";Pooling=False"))
        {
            connection.Open();
            connection.Execute("CREATE TABLE customer(id BIGINT)");
        }

        var other = Assert.Throws<StartRefusedException>(() => Database.Open(folder, TimeProvider.System, text));
        Assert.Contains("holds tables of something else", other.Message, StringComparison.Ordinal);
        var none = Assert.Throws<StartRefusedException>(() => Database.Open(folder, TimeProvider.System, text + "2"));
        Assert.Contains("database \"fleet2\" does not exist", none.Message, StringComparison.Ordinal);
        Assert.False(folder.Has(PostgresName.FileName));
        Database.Open(folder, TimeProvider.System).Dispose();
    }

    [Theory]
    [InlineData("", "1 to 4096 characters")]
    [InlineData("Host=db", "a Host and a Database")]
    [InlineData("Host=db;Datbase=x", "is no connection string")]
    [InlineData("hello", "is no connection string")]
    public void A_setting_that_names_no_database_is_refused_with_an_example(string setting, string problem)
    {
        var refused = Assert.Throws<StartRefusedException>(() => new FleetSettings { DataFolder = _folder.File("data"), Postgres = setting }.Checked());
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.Contains("for example Host=", refused.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Lines(Database database, string sql)
    {
        using DbConnection connection = database.OpenReader();
        return connection.Query<string>(sql).AsList();
    }
}
