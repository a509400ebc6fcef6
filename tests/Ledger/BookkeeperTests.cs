using System.Globalization;
using Dapper;
using DePin.Contracts.Signing;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Verification;
using DePin.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Data.Sqlite;
using Outcome = DePin.Fleet.Verification.Outcome;

namespace DePin.Tests.Ledger;

/// <summary>From stored batches to the ledger, step by step.</summary>
public sealed class BookkeeperTests : IDisposable
{
    // 12 readings of 250 mWh at 50, and an hour of service at 10 a second.
    private const long BatchEnergyMicro = 12 * 250 * 50;
    private const long BatchMicro = BatchEnergyMicro + 3600 * 10;

    private readonly BookFolder _books = new();
    private readonly TestNode _node = new();

    public void Dispose()
    {
        _node.Dispose();
        _books.Dispose();
    }

    [Fact]
    public async Task A_credited_batch_is_divided_as_agreed_and_every_account_adds_up()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(1_000_000);
        await _books.StoreAsync(_node, _node.SignNext());
        await _books.BookAllAsync();

        Assert.Equal(BatchMicro / 10 * 7, _books.Balance("operator:amina"));
        Assert.Equal(BatchMicro / 10 * 3, _books.Balance("builder:ngo-1"));
        Assert.Equal(0, _books.Balance("reserve"));
        Assert.Equal(1_000_000 - BatchMicro, _books.Balance("issued"));
        Assert.Equal(-1_000_000, _books.Balance("funders"));
        Assert.Equal(4, _books.Number("SELECT count(*) FROM transfer WHERE state = 'pending'"));
        Assert.Equal(12, _books.Number("SELECT value FROM tally WHERE name = 'credited'"));
    }

    [Fact]
    public async Task What_division_leaves_goes_to_the_reserve()
    {
        await _books.RegisterAsync(_node, operatorBasisPoints: 3333);
        await _books.FundAsync(1_000_000);
        await _books.StoreAsync(_node, _node.SignNext(readings: 1, delivered: 251));
        await _books.BookAllAsync();

        // 12,550 for energy leave 0.585 and 0.415, 3,000 for service 0.9 and 0.1.
        Assert.Equal((4182 + 999, 8367 + 2000, 2), (_books.Balance("operator:amina"), _books.Balance("builder:ngo-1"), _books.Balance("reserve")));
    }

    [Fact]
    public async Task Without_funds_credit_is_held_as_Unfunded_and_released_oldest_first_exactly_once()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(BatchMicro + BatchMicro / 2);
        await StoreAsync(4);
        await _books.BookAllAsync();
        Assert.Equal("12 0 0 0", Credited());
        Assert.Equal(36, _books.Number("SELECT value FROM tally WHERE name = 'held:Unfunded'"));
        VerdictRow waiting = _books.Read(connection => StatementStore.LastNotCredited(connection, 1))[0];
        VerdictRun run = Assert.Single(waiting.Runs);
        Assert.Equal((Outcome.Held, VerdictName.Unfunded, 12), (run.Outcome, run.Name, run.Count));
        Assert.Equal($"{BatchMicro} micro-credits earned by the batch wait for funds", run.Figures);

        await _books.FundAsync(BatchMicro, "second");
        await _books.BookAllAsync();
        Assert.Equal("12 12 0 0", Credited());

        _books.Restart();
        Assert.False(await _books.FundAsync(BatchMicro, "second"));
        await _books.FundAsync(10 * BatchMicro, "third");
        await _books.BookAllAsync();
        await _books.BookAllAsync();
        Assert.Equal("12 12 12 12", Credited());
        Assert.Equal(4 * BatchMicro, _books.Balance("operator:amina") + _books.Balance("builder:ngo-1"));
        Assert.Equal(0, _books.Number("SELECT value FROM tally WHERE name = 'held:Unfunded'"));
        Assert.Equal(16, _books.Number("SELECT count(*) FROM transfer WHERE kind <> 'funding'"));
    }

    [Fact]
    public async Task A_small_credit_does_not_overtake_a_larger_one_that_waits()
    {
        using var other = new TestNode();
        await _books.RegisterAsync(_node);
        await _books.RegisterAsync(other, @operator: "otieno");
        await _books.FundAsync(BatchMicro - 1);
        await StoreAsync(1);
        await _books.StoreAsync(other, other.SignNext(readings: 1, delivered: 10));
        await _books.BookAllAsync();
        Assert.Equal((0L, 0L), (_books.Balance("operator:amina"), _books.Balance("operator:otieno")));

        await _books.FundAsync(1 + 10 * 50 + 3000, "second");
        await _books.BookAllAsync();
        Assert.True(_books.Balance("operator:amina") > 0 && _books.Balance("operator:otieno") > 0);
        Assert.Equal(0, _books.Balance("issued"));
    }

    [Fact]
    public async Task Many_that_wait_are_released_in_their_order_whatever_comes_in_meanwhile()
    {
        await _books.RegisterAsync(_node);
        for (int i = 0; i < 600; i++)
        {
            await _books.StoreAsync(_node, _node.SignNext(readings: 1, delivered: 10));
        }

        await _books.BookAllAsync();
        await _books.FundAsync(450 * (10 * 50 + 3000));
        await _books.StoreAsync(_node, _node.SignNext(readings: 1, delivered: 10));
        await _books.BookAllAsync();
        Assert.Equal((450L, 450L), (_books.Number("SELECT count(*) FROM verdict WHERE credited = 1"), _books.Number("SELECT max(batch) FROM verdict WHERE credited = 1")));
        Assert.Equal(0, _books.Balance("issued"));
    }

    [Fact]
    public async Task A_change_of_agreement_pairing_or_tariff_cuts_a_batch_and_touches_nothing_before_it()
    {
        long opens = _node.OpensUnixSeconds;
        long row = await _books.RegisterAsync(_node);
        await _books.FundAsync(10 * BatchMicro);
        await StoreAsync(1);
        await _books.BookAllAsync();
        long before = _books.Balance("operator:amina");

        await _books.WriteAsync(connection =>
        {
            AgreementStore.Insert(connection, row, new Agreement(5000, 5000), opens + 3600 + 900);
            connection.Execute("UPDATE pairing SET to_unix = @to", new { to = opens + 3600 + 1800 });
            return connection.Execute(
                "INSERT INTO pairing(node, operator, capital_builder, place, latitude, longitude, from_unix) VALUES(@row, 'otieno', 'ngo-1', 'Kisumu 13', 0, 0, @from)",
                new { row, from = opens + 3600 + 1800 });
        });
        _books.Time.UnixSeconds = opens + 3600 + 2700;
        _books.Restart(new CreditingSettings { MicroPerKilowattHour = 100_000_000 });
        await StoreAsync(1);
        await _books.BookAllAsync();

        // A quarter of an hour each: 70 % of the old, 50 % of the old to amina; 50 % of the old, 50 % of the new to otieno.
        const long Quarter = BatchMicro / 4;
        Assert.Equal(before + Quarter / 10 * 7 + Quarter / 2, _books.Balance("operator:amina"));
        Assert.Equal(Quarter / 2 + (Quarter + BatchEnergyMicro / 4) / 2, _books.Balance("operator:otieno"));
        Assert.Equal("13-15 16-18 19-21 22-24", string.Join(' ', _books.Read(connection =>
            connection.Query<string>("SELECT first_reading || '-' || last_reading FROM segment WHERE batch = (SELECT max(id) FROM batch) ORDER BY id"))));
        await _books.AssertSumIsZeroAsync();
    }

    [Fact]
    public async Task Refused_and_disputed_energy_stays_out_of_credit_and_out_of_the_plot()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(10 * BatchMicro);
        await StoreAsync(1);
        long opens = _node.OpensUnixSeconds;
        await _books.StoreAsync(_node, _node.SignNext(readings: 2, delivered: 1_000_000_000));
        _node.OpensUnixSeconds = opens - 1800;
        await _books.StoreAsync(_node, _node.SignNext(readings: 2));
        await _books.BookAllAsync();

        Assert.Equal(3000, _books.Number("SELECT sum(delivered_mwh) FROM energy_quarter"));
        Assert.Equal((2L, 2L, 12L), (
            _books.Number("SELECT value FROM tally WHERE name = 'refused:OverRating'"),
            _books.Number("SELECT value FROM tally WHERE name = 'held:Overlap'"),
            _books.Number("SELECT value FROM tally WHERE name = 'credited'")));
        Assert.Equal(BatchMicro, _books.Balance("operator:amina") + _books.Balance("builder:ngo-1"));
    }

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
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, segment, made_ms) SELECT randomblob(32), kind, state, debit, credit, -5, segment, made_ms FROM transfer WHERE n = 2",
            "UPDATE segment SET energy_micro = 0",
            "DELETE FROM segment",
            "UPDATE tariff SET micro_per_kwh = 1",
            "DELETE FROM tariff",
            "UPDATE agreement SET operator_basis_points = 0, capital_builder_basis_points = 10000",
            "UPDATE account SET pending_micro = pending_micro - 1 WHERE name = 'issued'",
        ])
        {
            await Assert.ThrowsAsync<SqliteException>(() => _books.WriteAsync(connection => connection.Execute(sql)));
        }

        Assert.Equal(before, _books.Everything());
        Assert.Equal(1, await _books.WriteAsync(connection => connection.Execute("UPDATE transfer SET state = 'posted' WHERE n = 2")));
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
        await Assert.ThrowsAsync<SqliteException>(() => _books.Bookkeeper.BookNextAsync());
        await _books.WriteAsync(connection => connection.Execute("UPDATE book SET cursor = 2"));
        Assert.Equal(before, _books.Everything());
    }

    [Fact]
    public async Task The_fleet_s_funds_stay_within_what_the_ledger_can_hold()
    {
        const long Most = 1_000_000_000_000_000_000;
        for (int i = 0; i < 4; i++)
        {
            Assert.True(await _books.FundAsync(Most, i.ToString(CultureInfo.InvariantCulture)));
        }

        InvalidOperationException refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => _books.FundAsync(1, "more"));
        Assert.Contains("the ledger holds", refusal.Message, StringComparison.Ordinal);
        await _books.AssertSumIsZeroAsync();
    }

    [Fact]
    public void Restarts_and_late_funds_at_any_moment_end_in_the_same_ledger()
    {
        string? expected = null;
        byte[][] signed = SignFleet(out TestNode[] nodes);
        try
        {
            Prop.ForAll(Gen.Choose(0, 7).ArrayOf(signed.Length).ToArbitrary(), moments =>
            {
                string ledger = RunAsync(nodes, signed, moments).GetAwaiter().GetResult();
                expected ??= RunAsync(nodes, signed, new int[signed.Length]).GetAwaiter().GetResult();
                Assert.Equal(expected, ledger);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(12));
        }
        finally
        {
            Array.ForEach(nodes, node => node.Dispose());
        }
    }

    private static byte[][] SignFleet(out TestNode[] nodes)
    {
        nodes = [new TestNode(), new TestNode(), new TestNode()];
        var signed = new List<byte[]>();
        for (int i = 0; i < 8; i++)
        {
            foreach (TestNode node in nodes)
            {
                node.OpensUnixSeconds -= i == 5 ? 700 : 0;
                signed.Add(node.SignNext(readings: 4, delivered: i == 3 ? 5000 : 201 + i));
            }
        }

        return [.. signed];
    }

    // Moments: bit 0 books now, bit 1 restarts, bit 2 funds (idempotent, so the sum of funds is the same in the end).
    private static async Task<string> RunAsync(TestNode[] nodes, byte[][] signed, int[] moments)
    {
        using var books = new BookFolder();
        foreach (TestNode node in nodes)
        {
            await books.RegisterAsync(node, operatorBasisPoints: 3333);
        }

        for (int i = 0; i < signed.Length; i++)
        {
            if ((moments[i] & 2) != 0)
            {
                books.Restart();
            }

            if ((moments[i] & 4) != 0)
            {
                await books.FundAsync(40_000, $"grant-{i % 4}");
            }

            await books.StoreAsync(nodes[i % nodes.Length], signed[i]);
            if ((moments[i] & 1) != 0)
            {
                await books.Bookkeeper.BookNextAsync();
            }
        }

        for (int i = 0; i < 4; i++)
        {
            await books.FundAsync(40_000, $"grant-{i}");
        }

        await books.FundAsync(10_000_000, "rest");
        await books.BookAllAsync();
        await books.AssertSumIsZeroAsync();
        return books.Everything();
    }

    private async Task StoreAsync(int batches)
    {
        for (int i = 0; i < batches; i++)
        {
            await _books.StoreAsync(_node, _node.SignNext());
        }
    }

    private string Credited() => string.Join(' ', _books.Read(connection => connection.Query<long>("SELECT credited FROM verdict ORDER BY batch")));
}
