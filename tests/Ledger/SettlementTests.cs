using Dapper;
using DePin.Fleet;
using DePin.Fleet.Approvals;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Ledger;

/// <summary>When credit becomes money, under a clock that the test moves.</summary>
public sealed class SettlementTests : LampBooks
{
    private const long Day = 86_400;

    // 2026-09-01 00:00 UTC; September has 720 hours.
    private const long September = 1_788_220_800;
    private const int Hours = 720;

    // An hour of 100 mWh a slot, so that no day passes its cap.
    private const int Delivered = 100;
    private const long HourEnergyMicro = 12 * Delivered * 50;
    private const long HourMicro = HourEnergyMicro + (3600 * 10);

    [Fact]
    public async Task Energy_is_posted_eight_days_after_it_was_credited_and_service_when_its_month_is_over_for_eight_days()
    {
        await EarnAsync(hours: 1);
        await MoveToAsync(September + (8 * Day) - 1);
        Assert.Equal(0, Posted());
        await MoveToAsync(September + (9 * Day));
        Assert.Equal(HourEnergyMicro * 7 / 10, Posted());
        await MoveToAsync(September + (38 * Day) - 1);
        Assert.Equal(HourEnergyMicro * 7 / 10, Posted());
        await MoveToAsync(September + (38 * Day));
        Assert.Equal(0, _books.Number("SELECT count(*) FROM transfer WHERE state = 'pending'"));
    }

    [Theory]
    [InlineData(720, 1000)]
    [InlineData(706, 1000)]
    [InlineData(540, 520)]
    [InlineData(360, 0)]
    [InlineData(100, 0)]
    public async Task A_month_s_service_is_earned_in_a_straight_line_from_half_of_the_time_to_ninety_eight_percent(int hours, int earnedPermille)
    {
        await EarnAsync(hours);
        await MoveToAsync(September + (40 * Day));
        long service = hours * 3600L * 10;
        long earned = service * earnedPermille / 1000;
        long energy = hours * HourEnergyMicro;
        Assert.InRange(Posted() - ((earned + energy) * 7 / 10), -1, 1 + (service / 1000));
        Assert.Equal(Posted(), _books.Balance("operator:amina"));
        Assert.Equal(hours * 3600L, _books.Number("SELECT served_seconds FROM availability"));
        Assert.Equal(Hours * 3600L, _books.Number("SELECT expected_seconds FROM availability"));
        await _books.AssertSumIsZeroAsync();
        await MoveToAsync(September + (60 * Day));
        await _books.AssertSumIsZeroAsync();
    }

    [Fact]
    public async Task Readings_that_come_late_raise_the_availability_of_their_month_again()
    {
        await EarnAsync(hours: 540);
        await MoveToAsync(September + (40 * Day));
        long before = _books.Balance("operator:amina");
        for (int i = 540; i < Hours; i++)
        {
            await _books.StoreAsync(_node, _node.SignNext(delivered: Delivered), arrivedUnixSeconds: September + (41 * Day));
        }

        await _books.BookAllAsync();
        await MoveToAsync(September + (50 * Day));
        long all = Hours * HourMicro * 7 / 10;
        Assert.True(before < all);
        Assert.Equal(all, _books.Balance("operator:amina"));
        Assert.Equal(all, Posted());
    }

    [Fact]
    public async Task Downtime_on_schedule_does_not_count_against_the_operator()
    {
        await EarnAsync(hours: 360);
        await _books.WriteAsync(connection => connection.Execute(
            "INSERT INTO downtime(node, from_unix, to_unix, reason, by) VALUES(1, @from, @to, 'the mast is moved', 'manager')", new { from = September + (360 * 3600), to = September + (720 * 3600) }));
        await MoveToAsync(September + (40 * Day));
        Assert.Equal(360 * HourMicro * 7 / 10, Posted());
    }

    [Fact]
    public async Task An_overdue_ticket_takes_its_part_of_the_month_from_the_manager_alone()
    {
        await _books.RegisterAsync(_node);
        await _books.WriteAsync(connection =>
        {
            AgreementStore.Insert(connection, 1, new Agreement(7000, 2000, 1000, 0, "region-1"), September - 1, 0, "a + b");
            return connection.Execute(
                "INSERT INTO ticket(node, cause, facts, owner, opened_ms, due_ms, closed_ms, closed_by) VALUES(1, 'silent', 'x', 'region-1', 0, @due, @closed, 'rule')",
                new { due = (September + (10 * Day)) * 1000, closed = (September + (25 * Day)) * 1000 });
        });
        await EarnAsync(hours: Hours, isRegistered: true);
        await MoveToAsync(September + (40 * Day));
        Assert.Equal(Hours * ((HourEnergyMicro + 18_000) / 10), _books.Balance("manager:region-1"));
        Assert.Equal(Hours * HourMicro * 7 / 10, _books.Balance("operator:amina"));
    }

    [Fact]
    public async Task A_loan_is_repaid_to_the_last_micro_credit_and_not_one_more()
    {
        const long Principal = 1_000_001;
        await EarnAsync(hours: 100);
        await _books.WriteAsync(connection =>
        {
            LoanStore.Insert(connection, 1, new Loan("bank", 0, Principal, 3333, 100_000), 1, "amina + otieno");
            return true;
        });
        await MoveToAsync(September + (40 * Day));
        Assert.Equal(Principal, _books.Balance("lender:bank"));
        Assert.Equal(Principal, _books.Number("SELECT repaid_micro FROM loan"));
        Assert.Equal(0, _books.Number("SELECT count(*) FROM transfer t WHERE kind = 'repayment' AND amount_micro > (SELECT max(amount_micro) * 3333 / 10000 FROM transfer WHERE kind = 'energy')"));
        await _books.AssertSumIsZeroAsync();
    }

    [Fact]
    public async Task A_reversal_takes_the_balance_and_the_rest_is_owed_and_recovered_from_half_of_later_credit()
    {
        await EarnAsync(hours: 2);
        await MoveToAsync(September + (9 * Day));
        await PayOutAsync();
        Assert.Equal(0, Posted());
        long energy = 2 * HourEnergyMicro * 7 / 10;
        await ReverseAsync(September, September + 7200);
        Assert.Equal(energy, _books.Number("SELECT owed_micro FROM account WHERE name = 'operator:amina'"));
        Assert.Equal(0, _books.Balance("operator:amina"));
        await ReverseAsync(September, September + 7200);
        Assert.Equal(energy, _books.Number("SELECT owed_micro FROM account WHERE name = 'operator:amina'"));

        for (int i = 0; i < 6; i++)
        {
            await _books.StoreAsync(_node, _node.SignNext(delivered: Delivered), arrivedUnixSeconds: September + (10 * Day));
        }

        await _books.BookAllAsync();
        await MoveToAsync(September + (20 * Day));
        long later = 6 * HourEnergyMicro * 7 / 10;
        Assert.Equal(later - energy, Posted());
        Assert.Equal(0, _books.Number("SELECT owed_micro FROM account WHERE name = 'operator:amina'"));
        await _books.AssertSumIsZeroAsync();
    }

    [Fact]
    public async Task The_balance_of_any_moment_can_be_told_afterwards()
    {
        await EarnAsync(hours: 1);
        await MoveToAsync(September + (9 * Day));
        (long Pending, long Posted) At(long unixSeconds) => _books.Read(connection => TallyStore.AccountAt(connection, "operator:amina", unixSeconds * 1000)) is { } row ? (row.PendingMicro, row.PostedMicro) : default;
        Assert.Equal((0L, 0L), At(September - 1));
        Assert.Equal((HourMicro * 7 / 10, 0L), At(September + Day));
        Assert.Equal(((HourMicro - HourEnergyMicro) * 7 / 10, HourEnergyMicro * 7 / 10), At(September + (9 * Day)));
    }

    [Fact]
    public async Task What_a_suspended_node_earned_stays_pending_until_the_suspension_ends()
    {
        await EarnAsync(hours: 1);
        await _books.WriteAsync(connection => SuspensionStore.Begin(connection, 1, new Suspension(_books.Time.UnixMilliseconds, "clone", Sentence.OfStored("figures"), Sentence.OfStored("a visit"), "rule", (September + (30 * Day)) * 1000)));
        await MoveToAsync(September + (20 * Day));
        Assert.Equal(0, Posted());
        await MoveToAsync(September + (31 * Day));
        Assert.Equal(HourEnergyMicro * 7 / 10, Posted());
    }

    [Fact]
    public async Task The_database_refuses_what_would_leave_a_person_below_zero_or_edit_what_is_posted()
    {
        await EarnAsync(hours: 1);
        await MoveToAsync(September + (9 * Day));
        foreach (string sql in (string[])
        [
            "UPDATE transfer SET amount_micro = amount_micro + 1 WHERE state = 'posted'",
            "UPDATE transfer SET state = 'pending' WHERE state = 'posted'",
            "UPDATE transfer SET state = 'voided' WHERE state = 'posted'",
            "DELETE FROM transfer",
            "DELETE FROM account WHERE id = 3",
            "INSERT INTO account(name, posted_micro) VALUES('mint', 1000)",
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, reference, made_ms, settled_ms) SELECT randomblob(32), 'payout', 'posted', id, 4, posted_micro + 1, 'x', 1, 1 FROM account WHERE name = 'operator:amina'",
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, reference, made_ms, settled_ms) SELECT id, 'payout', 'posted', 6, 4, 1, 'x', 1, 1 FROM transfer LIMIT 1",
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, reference, made_ms) VALUES(randomblob(32), 'payout', 'pending', 6, 4, 1, 'x', 1)",
            "UPDATE event SET by = 'me'",
            "UPDATE agreement SET operator_basis_points = 10000, capital_builder_basis_points = 0",
        ])
        {
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => _books.WriteAsync(connection => connection.Execute(sql)));
        }

        await _books.AssertSumIsZeroAsync();
    }

    [Fact]
    public async Task A_payout_that_failed_goes_back_one_that_is_unknown_keeps_its_reference_and_nobody_is_paid_twice()
    {
        await EarnAsync(hours: 2);
        await MoveToAsync(September + (9 * Day));
        string reference = await PayOutAsync();
        await _books.StoreAsync(_node, _node.SignNext(delivered: Delivered), arrivedUnixSeconds: September + (9 * Day));
        await _books.BookAllAsync();
        await MoveToAsync(September + (18 * Day));
        IChangeKind payout = new PayoutChange(new PayoutLock());
        Assert.Contains("no payout under way", _books.Read(connection => payout.Problem(connection, "{\"minimumMicro\":\"1\"}", _books.Time.UnixMilliseconds))?.ToString(), StringComparison.Ordinal);
        await _books.WriteAsync(connection =>
        {
            PayoutStore.End(connection, reference, "unknown", 1);
            return true;
        });
        Assert.Equal(reference, Assert.Single(_books.Read(connection => PayoutStore.ToSend(connection, 2))).Reference);
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => _books.WriteAsync(connection => connection.Execute("UPDATE payout SET amount_micro = amount_micro * 2")));
    }

    private async Task EarnAsync(int hours, bool isRegistered = false)
    {
        _ = isRegistered ? 0 : await _books.RegisterAsync(_node);
        await _books.FundAsync(10_000 * HourMicro);
        _books.Time.UnixSeconds = September;
        _node.OpensUnixSeconds = September;
        for (int i = 0; i < hours; i++)
        {
            await _books.StoreAsync(_node, _node.SignNext(delivered: Delivered));
        }

        await _books.BookAllAsync();
    }

    private async Task<string> PayOutAsync()
    {
        IChangeKind payee = new PayeeChange(new CreditingSettings { PayeeWaitHours = 0 });
        IChangeKind payout = new PayoutChange(new PayoutLock());
        await _books.WriteAsync(connection =>
        {
            const string Content = "{\"account\":\"operator:amina\",\"phone\":\"+254700000001\"}";
            Assert.Null(payee.Problem(connection, Content, _books.Time.UnixMilliseconds));
            payee.Apply(connection, Content, "a + b", _books.Time.UnixMilliseconds);
            Assert.Null(payout.Problem(connection, "{\"minimumMicro\":\"1\"}", _books.Time.UnixMilliseconds));
            payout.Apply(connection, "{\"minimumMicro\":\"1\"}", "a + b", _books.Time.UnixMilliseconds);
            return true;
        });
        return _books.Read(connection => connection.ExecuteScalar<string>("SELECT reference FROM payout"))!;
    }

    private Task ReverseAsync(long from, long to) => _books.WriteAsync(connection =>
    {
        ((IChangeKind)new ReversalChange()).Apply(connection, $"{{\"nodeId\":\"{_node.Id}\",\"fromUnixSeconds\":{from},\"toUnixSeconds\":{to}}}", "a + b", _books.Time.UnixMilliseconds);
        return true;
    });

    private async Task MoveToAsync(long unixSeconds)
    {
        _books.Time.UnixSeconds = unixSeconds;
        await _books.SettleAllAsync();
    }

    private long Posted() => _books.Number("SELECT posted_micro FROM account WHERE name = 'operator:amina'");
}
