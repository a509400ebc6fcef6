using System.Data.Common;
using Dapper;
using DePin.Tests.Support;
using Npgsql;

namespace DePin.Tests.Ledger;

/// <summary>What the ledger refuses, whoever asks.</summary>
public sealed class LedgerRulesTests : LampBooks
{
    [Fact]
    public async Task The_ledger_refuses_edits_deletions_and_the_same_credit_twice()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(BatchMicro);
        await StoreAsync(1);
        await _books.BookAllAsync();
        string before = _books.Everything();
        foreach (string sql in (string[])
        [
            "UPDATE transfer SET amount_micro = amount_micro + 1 WHERE n = 2",
            "UPDATE transfer SET credit = 3 WHERE n = 2",
            "UPDATE transfer SET debit = 1 WHERE n = 2",
            "UPDATE transfer SET reference = 'other' WHERE n = 1",
            "UPDATE transfer SET state = 'pending' WHERE n = 1",
            "DELETE FROM transfer WHERE n = 2",
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, segment, made_ms) SELECT id, kind, state, debit, credit, amount_micro, segment, made_ms FROM transfer WHERE n = 2",
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, reference, made_ms, settled_ms) SELECT id, kind, state, debit, credit, amount_micro, 'other', made_ms, settled_ms FROM transfer WHERE n = 1",
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, segment, made_ms) SELECT randomblob(32), kind, state, debit, credit, -5, segment, made_ms FROM transfer WHERE n = 2",
            "UPDATE segment SET energy_micro = 0",
            "DELETE FROM segment",
            "UPDATE tariff SET micro_per_kwh = 1",
            "DELETE FROM tariff",
            "UPDATE agreement SET operator_basis_points = 0, capital_builder_basis_points = 10000",
            "UPDATE account SET pending_micro = pending_micro - 1 WHERE name = 'issued'",
        ])
        {
            await Assert.ThrowsAnyAsync<DbException>(() => _books.WriteAsync(connection => connection.Execute(sql)));
        }

        Assert.Equal(before, _books.Everything());
        Assert.Equal(1, await _books.WriteAsync(connection => connection.Execute("UPDATE transfer SET state = 'posted', settled_ms = made_ms WHERE n = 2")));
    }

    [Theory]
    [InlineData("INSERT INTO batch(node, sequence, next_sequence, payload_hash, arrived_ms) VALUES(999, 1, 13, randomblob(32), 1)")]
    [InlineData("INSERT INTO verdict_state(node, state) VALUES(999, randomblob(8))")]
    [InlineData("INSERT INTO node_hour(node, hour, harvested_mwh, delivered_mwh, imported_mwh, metered_seconds, served_seconds, battery) VALUES(999, 1, 0, 0, 0, 0, 0, 0)")]
    [InlineData("INSERT INTO node_day(node, day, harvested_mwh, delivered_mwh, imported_mwh, metered_seconds, served_seconds, battery) VALUES(999, 1, 0, 0, 0, 0, 0, 0)")]
    [InlineData("INSERT INTO verdict(batch, node, opened_unix, readings, credited, held, refused) VALUES(999, 1, 1, 1, 1, 0, 0)")]
    [InlineData("INSERT INTO verdict(batch, node, opened_unix, readings, credited, held, refused) VALUES(2, 999, 1, 1, 1, 0, 0)")]
    [InlineData("INSERT INTO segment(id, batch, first_reading, last_reading, pairing, agreement, tariff, opened_unix, creditable_mwh, served_seconds, energy_micro, service_micro) VALUES(777, 999, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0)")]
    [InlineData("INSERT INTO segment(id, batch, first_reading, last_reading, pairing, agreement, tariff, opened_unix, creditable_mwh, served_seconds, energy_micro, service_micro) VALUES(777, 2, 1, 1, 999, 1, 1, 1, 1, 1, 0, 0)")]
    [InlineData("INSERT INTO segment(id, batch, first_reading, last_reading, pairing, agreement, tariff, opened_unix, creditable_mwh, served_seconds, energy_micro, service_micro) VALUES(777, 2, 1, 1, 1, 999, 1, 1, 1, 1, 0, 0)")]
    [InlineData("INSERT INTO segment(id, batch, first_reading, last_reading, pairing, agreement, tariff, opened_unix, creditable_mwh, served_seconds, energy_micro, service_micro) VALUES(777, 2, 1, 1, 1, 1, 999, 1, 1, 1, 0, 0)")]
    [InlineData("INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, segment, made_ms) VALUES(randomblob(32), 'energy', 'pending', 999, 3, 1, 128, 1)")]
    [InlineData("INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, segment, made_ms) VALUES(randomblob(32), 'energy', 'pending', 2, 999, 1, 128, 1)")]
    [InlineData("INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, segment, made_ms) VALUES(randomblob(32), 'energy', 'pending', 2, 3, 1, 999, 1)")]
    public async Task What_refers_to_nothing_is_refused(string sql)
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(2 * BatchMicro);
        await StoreAsync(1);
        await _books.BookAllAsync();
        await StoreAsync(1);
        string before = _books.Everything();
        DbException refusal = await Assert.ThrowsAnyAsync<DbException>(() => _books.WriteAsync(connection => connection.Execute(sql)));
        Assert.True(refusal.SqlState == PostgresErrorCodes.ForeignKeyViolation || refusal.Message.Contains("FOREIGN KEY", StringComparison.Ordinal), refusal.Message);
        Assert.Equal(before, _books.Everything());
    }

    [Theory]
    [InlineData("node")]
    [InlineData("pairing")]
    [InlineData("batch")]
    [InlineData("account")]
    public async Task What_others_refer_to_stays(string table)
    {
        await _books.RegisterAsync(_node);
        await StoreAsync(1);
        string before = _books.Everything();
        await Assert.ThrowsAnyAsync<DbException>(() => _books.WriteAsync(connection => connection.Execute($"DELETE FROM {table}")));
        await Assert.ThrowsAnyAsync<DbException>(() => _books.WriteAsync(connection => connection.Execute($"UPDATE {table} SET id = id + 1000")));
        Assert.Equal(before, _books.Everything());
    }

    [Fact]
    public async Task A_booking_that_is_done_again_after_a_lost_cursor_books_nothing()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(10 * BatchMicro);
        await StoreAsync(2);
        await _books.BookAllAsync();
        string before = _books.Everything();
        await _books.WriteAsync(connection => connection.Execute("UPDATE book SET cursor = 0"));
        _books.Restart();
        await Assert.ThrowsAnyAsync<DbException>(() => _books.Bookkeeper.BookNextAsync());
        await _books.WriteAsync(connection => connection.Execute("UPDATE book SET cursor = 2"));
        Assert.Equal(before, _books.Everything());
    }
}
