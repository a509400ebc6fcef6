using Dapper;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Tests.Support;

namespace DePin.Tests.Ledger;

/// <summary>From stored batches to the ledger, step by step.</summary>
public sealed class BookkeeperTests : LampBooks
{
    [Theory]
    [InlineData(0, 20, 300)]
    [InlineData(0, 600, 2000)]
    [InlineData(20, 20, 300)]
    [InlineData(21, 20, 0)]
    public void Receipts_come_first_for_fifteen_times_a_chunk_at_most_until_a_batch_waited_for_twenty_minutes(int oldestMinutes, int chunkMilliseconds, int longestMilliseconds) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(longestMilliseconds), Bookkeeper.LongestPauseAfter(TimeSpan.FromMilliseconds(chunkMilliseconds), TimeSpan.FromMinutes(oldestMinutes)));

    [Theory]
    [InlineData(512, 300, false)]
    [InlineData(513, 300, true)]
    [InlineData(513, 0, false)]
    public void Verdicts_that_are_late_take_no_smaller_steps_however_many_messages_wait(int waiting, int longestMilliseconds, bool isPressed) =>
        Assert.Equal(isPressed, Bookkeeper.IsPressed(waiting, TimeSpan.FromMilliseconds(longestMilliseconds)));

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
            AgreementStore.Insert(connection, row, new Agreement(5000, 5000), opens + 3600 + 900, 0, "a + b");
            connection.Execute("UPDATE pairing SET to_unix = @to", new { to = opens + 3600 + 1800 });
            return connection.Execute(
                "INSERT INTO pairing(node, operator, capital_builder, place, latitude, longitude, from_unix) VALUES(@row, 'otieno', 'ngo-1', 'Kisumu 13', 0, 0, @from)",
                new { row, from = opens + 3600 + 1800 });
        });
        await _books.WriteAsync(connection =>
        {
            TariffStore.Insert(connection, 1, new Tariff(100_000_000, 36_000), opens + 3600 + 2700, 0, "amina + otieno");
            return true;
        });
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
    public async Task What_changes_while_a_batch_waits_to_be_booked_counts_for_it()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(10 * BatchMicro);
        await StoreAsync(1);
        await _books.BookAllAsync();
        await StoreAsync(1);
        using var goOn = new ManualResetEventSlim();
        Task suspending = _books.WriteAsync(connection =>
        {
            goOn.Wait();

            // From the batch on that is judged meanwhile.
            return connection.Execute(
                """
                INSERT INTO suspension(node, from_ms, after_batch, reason, evidence, cure, by)
                SELECT n.id, 0, max(b.id) - 1, 'clone', 'seen twice', 'a visit', 'rule' FROM node n JOIN batch b ON b.node = n.id GROUP BY n.id
                """);
        });
        Task booking = _books.Bookkeeper.BookNextAsync();
        goOn.Set();
        await suspending;
        await booking;
        await _books.BookAllAsync();

        Assert.Equal((12, 12), (_books.Number("SELECT value FROM tally WHERE name = 'credited'"), _books.Number("SELECT coalesce(sum(readings), 0) FROM hold WHERE state = 'open'")));
        Assert.Equal(24, _books.Number("SELECT value FROM tally WHERE name = 'readings'"));
        await _books.AssertSumIsZeroAsync();
    }
}
