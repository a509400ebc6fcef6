using System.Data.Common;
using Dapper;
using DePin.Fleet.Approvals;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Fleet.Upkeep;
using DePin.Tests.Ledger;
using DePin.Tests.Support;

namespace DePin.Tests.Upkeep;

/// <summary>What was settled, taken off, taken back and paid out is worked out again; an amount that does not follow is named.</summary>
public sealed class SettlementCheckTests : LampBooks
{
    private const long Day = 86_400;

    // 2026-09-01 00:00 UTC.
    private const long September = 1_788_220_800;

    [Fact]
    public async Task A_half_year_with_loan_payout_reversal_debt_and_recovery_is_settled_again_without_a_difference()
    {
        await LiveAsync();
        Assert.Equal("", string.Join("; ", Differences()));
        foreach (string kind in (string[])["availability", "repayment", "recovery", "reversal", "payout", "paid"])
        {
            Assert.True(_books.Number($"SELECT count(*) FROM transfer WHERE kind = '{kind}'") > 0, $"nothing of kind {kind} happened");
        }
    }

    [Theory]
    [InlineData("UPDATE availability SET earned_micro = earned_micro + 1", "month 2026-09 of node 1: it is settled as")]
    [InlineData("UPDATE transfer SET amount_micro = amount_micro + 1 WHERE n = (SELECT min(n) FROM transfer WHERE kind = 'availability')", "availability leaves")]
    [InlineData("DELETE FROM transfer WHERE n = (SELECT min(n) FROM transfer WHERE kind = 'availability')", "availability leaves")]
    [InlineData("UPDATE transfer SET amount_micro = amount_micro - 1 WHERE n = (SELECT min(n) FROM transfer WHERE kind = 'repayment')", "repayment loan 1")]
    [InlineData("DELETE FROM transfer WHERE n = (SELECT min(n) FROM transfer WHERE kind = 'repayment')", "loan 1 was not repaid out of it")]
    [InlineData("UPDATE transfer SET debit = 3 WHERE n = (SELECT min(n) FROM transfer WHERE kind = 'repayment')", "nothing was posted for account 3")]
    [InlineData("UPDATE transfer SET amount_micro = 1 WHERE n = (SELECT min(n) FROM transfer WHERE kind = 'recovery')", "recovery")]
    [InlineData("DELETE FROM transfer WHERE n = (SELECT min(n) FROM transfer WHERE kind = 'recovery')", "owed, and nothing of it was recovered")]
    [InlineData("UPDATE reversed SET owed_micro = owed_micro + 1 WHERE transfer = (SELECT min(transfer) FROM reversed)", "debts left by reversals")]
    [InlineData("UPDATE transfer SET amount_micro = amount_micro + 1 WHERE n = (SELECT min(n) FROM transfer WHERE kind = 'reversal')", "reversals: they add up to")]
    [InlineData("UPDATE transfer SET state = 'voided' WHERE n = (SELECT min(n) FROM transfer WHERE kind = 'energy' AND state = 'posted')", "voided transfers")]
    [InlineData("UPDATE payout SET amount_micro = amount_micro + 1; UPDATE transfer SET amount_micro = amount_micro + 1 WHERE kind = 'payout'", "its account had")]
    [InlineData("UPDATE payout SET phone = '+254700000999'", "another address")]
    [InlineData("UPDATE payout SET state = 'failed'", "its transfers say otherwise")]
    [InlineData("UPDATE payout_run SET id = id + 7; UPDATE payout SET run = run + 7", "payout run 8")]
    public async Task What_does_not_follow_is_named(string sql, string named)
    {
        await LiveAsync();
        using (DbConnection connection = _books.Tamper())
        {
            foreach (string trigger in TestDatabase.IsPostgres ? [] : connection.Query<string>("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('transfer', 'reversed', 'payout_run', 'payout', 'account')").AsList())
            {
                connection.Execute($"DROP TRIGGER {trigger}");
            }

            connection.Execute(sql);
        }

        Assert.Contains(Differences(), difference => difference.Contains(named, StringComparison.Ordinal));
    }

    private IReadOnlyList<string> Differences() => _books.Read(connection => new RebuildCheck(connection, null).Run(CancellationToken.None)).Differences;

    // Twenty days of September; paid out, taken back in part when nothing is left; then November, out of which debt and loan are taken.
    private async Task LiveAsync()
    {
        long row = await _books.RegisterAsync(_node);
        await _books.FundAsync(10_000 * BatchMicro);
        await _books.WriteAsync(connection =>
        {
            LoanStore.Insert(connection, row, new Loan("bank", September, 2_000_000, 2500, 100_000), 1, "amina + otieno");
            return true;
        });
        await EarnAsync(September, hours: 480);
        await MoveToAsync(September + (40 * Day));
        await PayOutAsync();
        await ApplyAsync(new ReversalChange(), $"{{\"nodeId\":\"{_node.Id}\",\"fromUnixSeconds\":{September},\"toUnixSeconds\":{September + (2 * Day)}}}");
        await EarnAsync(September + (61 * Day), hours: 400);
        await MoveToAsync(September + (100 * Day));
    }

    private async Task EarnAsync(long from, int hours)
    {
        _books.Time.UnixSeconds = from;
        _node.OpensUnixSeconds = from;
        for (int i = 0; i < hours; i++)
        {
            await _books.StoreAsync(_node, _node.SignNext(delivered: 100));
        }

        await _books.BookAllAsync();
    }

    private async Task PayOutAsync()
    {
        await ApplyAsync(new PayeeChange(new CreditingSettings { PayeeWaitHours = 0 }), "{\"account\":\"operator:amina\",\"phone\":\"+254700000001\"}");
        await ApplyAsync(new PayoutChange(new PayoutLock()), "{\"minimumMicro\":\"1\"}");
        await _books.WriteAsync(connection =>
        {
            PayoutRow payout = PayoutStore.Page(connection, 1).Single();
            PayoutStore.End(connection, payout.Reference, "paid", _books.Time.UnixMilliseconds);
            return LedgerStore.Post(
                connection, Transfers.IdOf(Transfers.Paid, payout.Reference), Transfers.Paid, Transfers.Payouts, Transfers.PaidOut, payout.AmountMicro, payout.Reference, _books.Time.UnixMilliseconds);
        });
    }

    private Task ApplyAsync(IChangeKind kind, string content) => _books.WriteAsync(connection =>
    {
        Assert.Null(kind.Problem(connection, content, _books.Time.UnixMilliseconds));
        kind.Apply(connection, content, "a + b", _books.Time.UnixMilliseconds);
        return true;
    });

    private async Task MoveToAsync(long unixSeconds)
    {
        _books.Time.UnixSeconds = unixSeconds;
        await _books.SettleAllAsync();
    }
}
