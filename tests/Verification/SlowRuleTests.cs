using DePin.Contracts.Metering;
using DePin.Fleet.Nodes;
using DePin.Fleet.Verification;
using DePin.Tests.Support;

namespace DePin.Tests.Verification;

/// <summary>Rules that look back over days, and those about firmware and visits: each planted, and what honest nodes do beside it.</summary>
public sealed class SlowRuleTests : IDisposable
{
    // 2026-09-21 00:00:00 UTC; the sun over longitude 0 stands highest at 12:00 within a quarter of an hour.
    private const long Midnight = 1_789_948_800;
    private const long Day = 86_400;

    private readonly TestNode _node = new() { OpensUnixSeconds = Midnight };
    private readonly VerificationSettings _settings = new();
    private NodeVerdictState _state = new();
    private FirmwareBook _firmware = FirmwareBook.Empty;
    private long? _visited;


    public void Dispose() => _node.Dispose();

    [Fact]
    public void Energy_that_was_never_taken_in_is_held_as_Unbalanced_beyond_what_a_gauge_may_be_wrong_by()
    {
        // 19.2 Wh of battery: 2.88 Wh may be unexplained.
        Assert.Equal(Outcome.Credited, Judged(Reading(harvested: 0, delivered: 700)).Outcome);
        Assert.Equal(Outcome.Credited, Judged(Reading(harvested: 0, delivered: 700)).Outcome);
        Assert.Equal(Outcome.Credited, Judged(Reading(harvested: 0, delivered: 700)).Outcome);
        Assert.Equal(Outcome.Credited, Judged(Reading(harvested: 0, delivered: 700)).Outcome);
        Verdict verdict = Judged(Reading(harvested: 0, delivered: 100));
        Assert.Equal((Outcome.Held, VerdictName.Unbalanced, 100L), (verdict.Outcome, verdict.Name, verdict.CreditableMilliwattHours));
        Assert.Contains("2900 mWh were delivered; 0 mWh taken in and 0 mWh from the battery allow 2880 mWh", verdict.Figures, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_battery_gave_and_the_grid_brought_is_no_imbalance()
    {
        Judged(Reading(harvested: 0, delivered: 0, permille: 900));
        Assert.Equal(Outcome.Credited, Judged(Reading(harvested: 0, delivered: 700, permille: 850)).Outcome);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(Outcome.Credited, Judged(Reading(harvested: 0, delivered: 700, permille: 820 - (i * 40))).Outcome);
        }
    }

    [Fact]
    public void The_balance_forgets_what_lies_more_than_a_week_back()
    {
        for (int i = 0; i < 4; i++)
        {
            Judged(Reading(harvested: 0, delivered: 700));
        }

        _node.OpensUnixSeconds = Midnight + (8 * Day);
        Assert.Equal(Outcome.Credited, Judged(Reading(harvested: 0, delivered: 700)).Outcome);
        Assert.True(_state.Marks.Count <= Balance.WindowDays + 1);
    }

    [Fact]
    public void Two_hours_of_the_same_figures_in_daylight_are_held_as_StuckSensor_and_with_a_full_battery_they_are_not()
    {
        _node.OpensUnixSeconds = Midnight + (9 * 3600);
        Verdict[] verdicts = [.. Enumerable.Range(0, 26).Select(_ => Judged(Reading(harvested: 200, delivered: 100)))];
        Assert.All(verdicts[..23], verdict => Assert.Equal(Outcome.Credited, verdict.Outcome));
        Assert.All(verdicts[23..], verdict => Assert.Equal(VerdictName.StuckSensor, verdict.Name));
        Assert.Equal(Outcome.Credited, Judged(Reading(harvested: 201, delivered: 100)).Outcome);

        for (int i = 0; i < 40; i++)
        {
            Assert.Equal(Outcome.Credited, Judged(Reading(harvested: 41, delivered: 40, permille: 980)).Outcome);
        }
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(5, null)]
    [InlineData(20, "too early")]
    [InlineData(-20, "too late")]
    public void A_node_that_sees_the_sun_of_another_longitude_is_held_as_WrongPlace_after_three_clear_days(double degreesEast, string? says)
    {
        // Where it stands is east of where it is paired, so its mornings come early; -5.9 degrees of twilight hide a little.
        Verdict last = default;
        for (int day = 0; day < 4; day++)
        {
            for (int slot = 0; slot < 288; slot++)
            {
                long opened = _node.OpensUnixSeconds;
                double height = new Sun(opened).ElevationDegrees(0, degreesEast, opened + 150);
                last = Judged(Reading(harvested: height <= 0 ? 0 : (long)(300 * Math.Sin(height * Math.PI / 180)) + 30 + (slot % 3), delivered: 10 + (slot % 3)));
            }
        }

        if (says is null)
        {
            Assert.Equal(0, _state.DaysOff);
            Assert.Equal(Outcome.Credited, last.Outcome);
        }
        else
        {
            Assert.Equal(3, Math.Abs(_state.DaysOff));
            Assert.Equal((Outcome.Held, VerdictName.WrongPlace), (last.Outcome, last.Name));
            Assert.Contains(says, last.Figures, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Shade_every_afternoon_says_nothing_about_the_place()
    {
        for (int i = 0; i < 5 * 288; i++)
        {
            long opened = _node.OpensUnixSeconds;
            double height = new Sun(opened).ElevationDegrees(0, 0, opened + 150);
            bool isShaded = opened % Day > 13 * 3600;
            Judged(Reading(harvested: height <= 0 || isShaded ? 0 : (long)(300 * Math.Sin(height * Math.PI / 180)) + 30 + (i % 3), delivered: 10 + (i % 3)));
        }

        Assert.Equal(0, _state.DaysOff);
    }

    [Fact]
    public void Firmware_is_held_against_the_releases_as_they_were_known_when_the_batch_arrived()
    {
        const string Digest = "0102030405060708";
        long now = (Midnight + 3600) * 1000;
        Assert.Equal(Outcome.Credited, Judged(Reading()).Outcome);

        _firmware = new FirmwareBook([new FirmwareRelease("ffffffffffffffff", 0, null, false, null)]);
        Assert.Equal((Outcome.Held, VerdictName.FirmwareUnknown), Named(Judged(Reading())));

        _firmware = new FirmwareBook([new FirmwareRelease(Digest, 0, null, false, null)]);
        Assert.Equal(Outcome.Credited, Judged(Reading()).Outcome);

        // Nobody can leave a release before there is another.
        _firmware = new FirmwareBook([new FirmwareRelease(Digest, 0, now, false, null)]);
        _node.OpensUnixSeconds = Midnight + 7200;
        Assert.Equal(Outcome.Credited, Judged(Reading()).Outcome);
        _firmware = new FirmwareBook([new FirmwareRelease(Digest, 0, now, true, null)]);
        Assert.Equal((Outcome.Held, VerdictName.FirmwareRecalled), Named(Judged(Reading())));
        _firmware = new FirmwareBook([new FirmwareRelease(Digest, 0, now, false, now)]);
        Assert.Equal((Outcome.Held, VerdictName.FirmwareRecalled), Named(Judged(Reading())));
        _node.OpensUnixSeconds = Midnight + 3600 + (15 * Day);
        Assert.Equal((Outcome.Refused, VerdictName.FirmwareRecalled), Named(Judged(Reading())));
    }

    [Fact]
    public void Whoever_earned_for_a_year_without_a_visit_is_held_as_Unaudited()
    {
        _state = new NodeVerdictState { ClaimedMilliwattHours = 365 * 30_000L };
        Assert.Equal((Outcome.Held, VerdictName.Unaudited), Named(Judged(Reading(delivered: 10))));
        Assert.Equal(Outcome.Credited, Judged(Reading(delivered: 0)).Outcome);
        _visited = Midnight * 1000;
        Assert.Equal(Outcome.Credited, Judged(Reading(delivered: 10)).Outcome);
    }

    [Fact]
    public void A_state_is_the_same_after_it_was_stored_and_stays_small()
    {
        for (int i = 0; i < 9 * 288; i++)
        {
            Judged(Reading(harvested: i % 20, delivered: 5 + (i % 7)));
        }

        byte[] bytes = StateBytes.Write(_state);
        Assert.InRange(bytes.Length, 1, StateBytes.MaxBytes);
        Assert.Equal(bytes, StateBytes.Write(StateBytes.Read(bytes)));
        Assert.Equal(_state with { Marks = [] }, StateBytes.Read(bytes) with { Marks = [] });
        Assert.Equal(_state.Marks, StateBytes.Read(bytes).Marks);
    }

    private static (Outcome, VerdictName) Named(Verdict verdict) => (verdict.Outcome, verdict.Name);

    private static Reading Reading(long harvested = 20, long delivered = 20, int permille = 700) =>
        new() { Seconds = 300, HarvestedMilliwattHours = harvested, DeliveredMilliwattHours = delivered, BatteryPermille = permille, BatteryMillivolts = 3280 };

    private Verdict Judged(Reading reading)
    {
        Batch batch = _node.BuildNext(content: [reading]);
        var about = new Circumstances(
            Profile.ByName["lamp-small"], [new PairedTime(0, long.MaxValue, 0, 0)], null, FollowsGap: false, (batch.OpenedUnixSeconds + 302) * 1000)
        {
            Firmware = _firmware,
            VisitedUnixMilliseconds = _visited,
        };
        (Verdict[] verdicts, _state) = Judge.Of(batch, about, _state, _settings);
        _node.Counters = batch.Closing();
        _node.OpensUnixSeconds += batch.Seconds();
        _node.Next = batch.NextSequence;
        return verdicts[0];
    }
}
