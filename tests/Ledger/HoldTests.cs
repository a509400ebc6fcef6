using Dapper;
using DePin.Contracts.Metering;
using DePin.Fleet.Ledger;
using DePin.Fleet.Verification;
using DePin.Tests.Support;
using Outcome = DePin.Fleet.Verification.Outcome;

namespace DePin.Tests.Ledger;

/// <summary>What is held waits once, is decided once, and earns once.</summary>
public sealed class HoldTests : LampBooks
{
    private const long Day = 86_400;

    [Fact]
    public async Task Released_readings_earn_what_they_would_have_and_say_who_released_them()
    {
        await HoldAnOverlapAsync();
        Assert.Equal((12L, 12L), (_books.Number("SELECT sum(credited) FROM verdict"), _books.Number("SELECT sum(held) FROM verdict")));
        long before = _books.Balance("operator:amina");

        Assert.Equal((12, 0), await DecideAsync(isReleased: true));
        await _books.AssertSumIsZeroAsync();
        Assert.Equal(before + (BatchMicro * 7 / 10), _books.Balance("operator:amina"));
        VerdictRun run = Assert.Single(_books.Read(connection => StatementStore.Verdicts(connection, _node.Id.ToString(), 1, 1))[0].Runs);
        Assert.Equal((Outcome.Credited, VerdictName.Overlap, "released by otieno: the clock was set"), (run.Outcome, run.Name, run.Decision));
        Assert.Equal(24, _books.Number("SELECT value FROM tally WHERE name = 'credited'"));
        Assert.Equal(1, _books.Number("SELECT count(*) FROM event WHERE kind = 'decision' AND by = 'otieno'"));
        Assert.Equal((0, 0), await DecideAsync(isReleased: true));
    }

    [Fact]
    public async Task Refused_readings_earn_nothing_and_the_database_decides_no_hold_twice()
    {
        await HoldAnOverlapAsync();
        long before = _books.Balance("operator:amina");
        Assert.Equal((0, 12), await DecideAsync(isReleased: false));
        Assert.Equal(before, _books.Balance("operator:amina"));
        Assert.Equal(12, _books.Number("SELECT value FROM tally WHERE name = 'refused:Overlap'"));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => _books.WriteAsync(connection => connection.Execute("UPDATE hold SET state = 'released'")));
    }

    [Fact]
    public async Task Whoever_releases_cannot_overrule_physics()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(100 * BatchMicro);
        await StoreAsync(1);
        _node.OpensUnixSeconds -= 3600;
        await _books.StoreAsync(_node, _node.SignNext(readings: 2, delivered: 9000));
        await _books.BookAllAsync();
        Assert.Equal((0, 2), await DecideAsync(isReleased: true));
        Assert.Equal(2, _books.Number("SELECT value FROM tally WHERE name = 'refused:OverRating'"));
    }

    [Fact]
    public async Task At_its_deadline_an_overlap_is_refused_and_an_imbalance_released()
    {
        _books.Settings = new VerificationSettings();
        _books.Restart();
        await HoldAnOverlapAsync();
        await StoreAsync(2);
        await _books.BookAllAsync();
        Assert.True(_books.Number("SELECT count(*) FROM hold WHERE name = 'Unbalanced'") > 0);

        _books.Time.UnixSeconds += (14 * Day) - 1;
        await _books.SettleAllAsync();
        Assert.True(_books.Number("SELECT count(*) FROM hold WHERE state = 'open'") > 1);
        _books.Time.UnixSeconds += 1;
        await _books.SettleAllAsync();
        Assert.Equal(0, _books.Number("SELECT count(*) FROM hold WHERE state = 'open'"));
        Assert.Equal(0, _books.Number("SELECT count(*) FROM hold WHERE state = (CASE name WHEN 'Overlap' THEN 'released' ELSE 'refused' END)"));
        Assert.Equal(0, _books.Number("SELECT count(*) FROM tally WHERE name LIKE 'held:%' AND value <> 0"));
        await _books.AssertSumIsZeroAsync();
    }

    [Fact]
    public async Task Readings_without_a_clock_are_dated_by_a_later_batch_of_their_boot_and_earn_their_energy_and_no_service()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(100 * BatchMicro);
        await _books.StoreAsync(_node, Sign(boot: 2, uptime: 100, opened: 0), arrivedUnixSeconds: _node.OpensUnixSeconds + 9000);
        await _books.BookAllAsync();
        Assert.Equal(12, _books.Number("SELECT value FROM tally WHERE name = 'held:ClockUnknown'"));
        Assert.Equal(0, _books.Balance("operator:amina"));

        long opened = _node.OpensUnixSeconds + 3600;
        await _books.StoreAsync(_node, Sign(boot: 2, uptime: 3700, opened), arrivedUnixSeconds: opened + 9000);
        await _books.BookAllAsync();
        Assert.Equal(((BatchMicro + BatchEnergyMicro) * 7) / 10, _books.Balance("operator:amina"));
        Assert.Equal(opened - 3600, _books.Number("SELECT opened_unix FROM segment ORDER BY id LIMIT 1"));
        Assert.Equal(0, _books.Number("SELECT value FROM tally WHERE name = 'held:ClockUnknown'"));
    }

    [Theory]
    [InlineData(20, 12, 0)]
    [InlineData(200, 0, 12)]
    public async Task Readings_that_nothing_ever_dates_are_held_against_the_lowest_sun_they_may_have_seen(long harvested, int credited, int refused)
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(100 * BatchMicro);
        await _books.StoreAsync(_node, Sign(boot: 2, uptime: 100, opened: 0, harvested: harvested), arrivedUnixSeconds: _node.OpensUnixSeconds + Day);
        await _books.StoreAsync(_node, Sign(boot: 3, uptime: 100, _node.OpensUnixSeconds + Day), arrivedUnixSeconds: _node.OpensUnixSeconds + Day + 4000);
        await _books.BookAllAsync();
        Assert.Equal(12 + credited, _books.Number("SELECT value FROM tally WHERE name = 'credited'"));
        Assert.Equal(refused, _books.Number("SELECT coalesce(sum(value), 0) FROM tally WHERE name = 'refused:NightHarvest'"));
        await _books.AssertSumIsZeroAsync();
    }

    [Fact]
    public async Task What_is_released_waits_for_funds_like_everything_else()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(BatchMicro);
        await HoldAsync();
        Assert.Equal((12, 0), await DecideAsync(isReleased: true));
        Assert.Equal(12, _books.Number("SELECT value FROM tally WHERE name = 'held:Unfunded'"));
        await _books.FundAsync(BatchMicro, "second");
        await _books.BookAllAsync();
        Assert.Equal(24, _books.Number("SELECT value FROM tally WHERE name = 'credited'"));
        Assert.Equal(0, _books.Balance("issued"));
    }

    [Fact]
    public async Task What_waits_takes_its_place_in_the_day_so_that_a_release_never_passes_the_day_s_cap()
    {
        _books.Settings = new VerificationSettings();
        _books.Restart();
        await _books.RegisterAsync(_node);
        await _books.FundAsync(1_000_000_000);

        // 57,600 mWh in eight hours of one day, hardly any of them harvested: held as Unbalanced after the first few. The cap is 30,000.
        _node.OpensUnixSeconds = 20_718 * Day;
        for (int i = 0; i < 8; i++)
        {
            await _books.StoreAsync(_node, _node.SignNext(delivered: 600));
        }

        await _books.BookAllAsync();
        Assert.True(_books.Number("SELECT sum(readings) FROM hold WHERE name = 'Unbalanced'") > 80);
        _books.Time.UnixSeconds = (20_718 + 16) * Day;
        await _books.SettleAllAsync();

        Assert.Equal(30_000, _books.Number("SELECT sum(creditable_mwh) FROM segment"));
        Assert.Equal(96 - 50, _books.Number("SELECT value FROM tally WHERE name = 'refused:OverDailyCap'"));
        Assert.Empty(_books.Read(connection => new DePin.Fleet.Upkeep.RebuildCheck(connection, null).Run(CancellationToken.None)).Differences);
    }

    [Fact]
    public async Task Firmware_that_nobody_knows_is_no_way_around_the_other_rules()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(100 * BatchMicro);
        await RecordAReleaseAsync();
        await HoldAsync();
        Assert.Equal(24, _books.Number("SELECT sum(readings) FROM hold WHERE name = 'FirmwareUnknown'"));
        Assert.Equal(12, _books.Number("SELECT sum(readings) FROM hold WHERE beneath = 'Overlap'"));

        _books.Time.UnixSeconds += 15 * Day;
        await _books.SettleAllAsync();
        Assert.Equal((12L, 12L), (_books.Number("SELECT value FROM tally WHERE name = 'credited'"), _books.Number("SELECT value FROM tally WHERE name = 'refused:Overlap'")));
        Assert.Equal(BatchMicro * 7 / 10, _books.Balance("operator:amina"));
        VerdictRun run = _books.Read(connection => StatementStore.Verdicts(connection, _node.Id.ToString(), 1, 1))[0].Runs[0];
        Assert.Contains("s in common", run.Figures, StringComparison.Ordinal);
        Assert.Empty(_books.Read(connection => new DePin.Fleet.Upkeep.RebuildCheck(connection, null).Run(CancellationToken.None)).Differences);
    }

    [Fact]
    public async Task An_hour_that_was_told_is_not_told_again_without_a_clock_and_dated_afterwards()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(100 * BatchMicro);
        long opened = _node.OpensUnixSeconds;
        await _books.StoreAsync(_node, Sign(boot: 1, uptime: 3600, opened));
        await _books.StoreAsync(_node, Sign(boot: 2, uptime: 0, opened: 0), arrivedUnixSeconds: opened + 3700);
        await _books.StoreAsync(_node, Sign(boot: 2, uptime: 3600, opened + 3600));
        await _books.BookAllAsync();
        Assert.Equal((24L, 12L), (_books.Number("SELECT value FROM tally WHERE name = 'credited'"), _books.Number("SELECT value FROM tally WHERE name = 'refused:Overlap'")));
        Assert.Empty(_books.Read(connection => new DePin.Fleet.Upkeep.RebuildCheck(connection, null).Run(CancellationToken.None)).Differences);
    }

    [Fact]
    public async Task Who_was_never_visited_does_not_get_around_it_by_readings_that_wait()
    {
        _books.Settings = BookFolder.Lenient with { UnauditedDays = 1 };
        _books.Restart();
        await _books.RegisterAsync(_node);
        await _books.FundAsync(100 * BatchMicro);
        await RecordAReleaseAsync();
        for (int i = 0; i < 12; i++)
        {
            await StoreAsync(1);
            _node.OpensUnixSeconds += 86_400 / 2;
        }

        await _books.BookAllAsync();
        _books.Time.UnixSeconds += 30 * Day;
        await _books.SettleAllAsync();

        // A day's worth of the cap is ten batches; the last two stay until somebody decides.
        Assert.Equal(30_000, _books.Number("SELECT sum(creditable_mwh) FROM segment"));
        Assert.Equal((24L, 24L), (_books.Number("SELECT value FROM tally WHERE name = 'held:FirmwareUnknown'"), _books.Number("SELECT sum(readings) FROM hold WHERE beneath = 'Unaudited' AND deadline_ms IS NULL")));
    }

    // From the first record on, the firmware of test nodes is unknown.
    private Task RecordAReleaseAsync() => _books.WriteAsync(connection =>
    {
        DePin.Fleet.Storage.EventStore.Record(connection, 0, "release", null, "otieno", new { digest = "ffffffffffffffff" });
        return DePin.Fleet.Nodes.FirmwareStore.Record(connection, "ffffffffffffffff", "ours", 0);
    });

    private async Task HoldAnOverlapAsync()
    {
        await _books.RegisterAsync(_node);
        await _books.FundAsync(100 * BatchMicro);
        await HoldAsync();
    }

    private async Task HoldAsync()
    {
        await StoreAsync(1);
        _node.OpensUnixSeconds -= 3600;
        await StoreAsync(1);
        await _books.BookAllAsync();
    }

    private Task<(int Released, int Refused)> DecideAsync(bool isReleased) => _books.WriteAsync(connection => _books.Bookkeeper.BooksOn(connection).Decide(
        HoldStore.Open(connection, 1, VerdictName.Overlap, 100), new Decision(isReleased, "otieno", "the clock was set"), _books.Time.UnixMilliseconds));

    private byte[] Sign(long boot, long uptime, long opened, long harvested = 20) => _node.SignWith(batch =>
    {
        batch.Boot = boot;
        batch.UptimeSeconds = uptime;
        batch.OpenedUnixSeconds = opened;
        batch.Clock = opened == 0 ? ClockState.NeverSet : ClockState.Fresh;
        foreach (Reading reading in batch.Readings)
        {
            reading.HarvestedMilliwattHours = harvested;
        }
    });
}
