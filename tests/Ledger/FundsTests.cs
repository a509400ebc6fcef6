using System.Globalization;
using Dapper;
using DePin.Fleet.Ledger;
using DePin.Fleet.Verification;
using DePin.Tests.Support;
using Outcome = DePin.Fleet.Verification.Outcome;

namespace DePin.Tests.Ledger;

/// <summary>Credit never exceeds the funds: what waits, and how it is released.</summary>
public sealed class FundsTests : LampBooks
{
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

    private string Credited() => string.Join(' ', _books.Read(connection => connection.Query<long>("SELECT credited FROM verdict ORDER BY batch")));
}
