using DePin.Contracts.Flashing;
using DePin.Node.Moving;
using DePin.Node.Pairing;
using DePin.Tests.Node.Fakes;

namespace DePin.Tests.Node.Moving;

/// <summary>Another gateway is tried for a day, and kept by a login or taken back without one; power may go in every write.</summary>
public sealed class WhereaboutsTests(ITestOutputHelper output)
{
    private const long Quarter = 900_000;

    [Fact]
    public void A_change_counts_from_the_next_start_and_a_login_keeps_it()
    {
        MemoryFlash flash = Ways.Flash(new MemoryFlash());
        Whereabouts where = Whereabouts.Load(flash);
        where.Try(Ways.Other(), version: 7);
        where.Step(0, isOnline: true);
        Assert.Equal((Ways.FlashedHost, MoveState.Trying), (where.Settings!.Host, where.SignedState));
        where = Whereabouts.Load(flash);
        NodeSettings tried = where.Settings!;
        Assert.Equal(("second.example", 443, 1L), (tried.Host, tried.Port, tried.Profile));
        Assert.Equal(Ways.Flashed().ReleaseKeys, tried.ReleaseKeys);
        Assert.Equal([[4, 5], [6]], tried.Anchors);
        where.Step(1000, isOnline: true);
        Assert.Equal((MoveState.Kept, 7L, false), (where.SignedState, where.Version, where.WantsRestart));
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal("second.example", Ways.HostOn(flash));
        }
    }

    [Fact]
    public void Without_a_login_in_24_hours_what_was_before_comes_back()
    {
        MemoryFlash flash = Ways.Flash(new MemoryFlash());
        Whereabouts.Load(flash).Try(Ways.Other(), 0);
        Whereabouts where = Whereabouts.Load(flash);
        long uptime = 0;
        while (!where.WantsRestart)
        {
            uptime += 1000;
            where.Step(uptime, isOnline: false);
        }

        // The start before it counts as a quarter of an hour.
        Assert.Equal((Whereabouts.TrialQuarters - 1) * Quarter, uptime);
        where = Whereabouts.Load(flash);
        Assert.Equal((Ways.FlashedHost, MoveState.TakenBack), (where.Settings!.Host, where.PageState));
    }

    [Fact]
    public void A_node_that_starts_again_and_again_comes_back_too()
    {
        MemoryFlash flash = Ways.Flash(new MemoryFlash());
        Whereabouts.Load(flash).Try(Ways.Other(), 3);
        int starts = 0;
        while (Ways.HostOn(flash) != Ways.FlashedHost)
        {
            starts++;
        }

        Assert.Equal(Whereabouts.TrialQuarters - 1, starts);
        Assert.Equal((MoveState.TakenBack, 3L), (Whereabouts.Load(flash).SignedState, Whereabouts.Load(flash).Version));
    }

    [Fact]
    public void What_is_taken_back_is_what_proved_itself_last_and_not_what_was_flashed()
    {
        MemoryFlash flash = Ways.Flash(new MemoryFlash());
        Whereabouts.Load(flash).Try(Ways.Other(), 1);
        Whereabouts where = Whereabouts.Load(flash);
        where.Step(0, isOnline: true);
        where.Try(Ways.Other("third.example"), 0);
        where = Whereabouts.Load(flash);
        Assert.Equal(("third.example", MoveState.Trying, MoveState.Kept), (where.Settings!.Host, where.PageState, where.SignedState));
        where.Step(Whereabouts.TrialQuarters * Quarter, isOnline: false);
        for (long quarter = 0; !where.WantsRestart; quarter++)
        {
            where.Step(Whereabouts.TrialQuarters * Quarter, isOnline: false);
            Assert.InRange(quarter, 0, Whereabouts.TrialQuarters);
        }

        where = Whereabouts.Load(flash);
        Assert.Equal(("second.example", MoveState.TakenBack, MoveState.Kept), (where.Settings!.Host, where.PageState, where.SignedState));
    }

    [Fact]
    public void A_change_in_the_middle_of_another_takes_its_place_and_says_so()
    {
        MemoryFlash flash = Ways.Flash(new MemoryFlash());
        Whereabouts.Load(flash).Try(Ways.Other(), 5);
        Whereabouts where = Whereabouts.Load(flash);
        where.Try(Ways.Other("third.example"), 0);
        Assert.Equal((MoveState.TakenBack, MoveState.Trying, 5L), (where.SignedState, where.PageState, where.Version));
        where = Whereabouts.Load(flash);
        where.Step(0, isOnline: true);
        Assert.Equal((MoveState.TakenBack, MoveState.Kept, "third.example"), (where.SignedState, where.PageState, Ways.HostOn(flash)));
    }

    [Fact]
    public void Other_settings_from_the_bench_end_it_and_a_damaged_file_counts_for_nothing()
    {
        MemoryFlash flash = Ways.Flash(new MemoryFlash());
        Whereabouts.Load(flash).Try(Ways.Other(), 1);
        Whereabouts.Load(flash).Step(0, isOnline: true);
        Assert.Equal("second.example", Ways.HostOn(flash));
        MemoryFlash other = flash.Clone();
        NodeSettings anew = Ways.Flashed();
        anew.Host = "bench.example";
        other.Write(SettingsFile.FileName, anew.Encode());
        Assert.Equal("bench.example", Ways.HostOn(other));
        flash.Damage(Whereabouts.FileName);
        Assert.Equal(Ways.FlashedHost, Ways.HostOn(flash));
        flash.Lose(SettingsFile.FileName);
        Assert.Null(Whereabouts.Load(flash).Settings);
    }

    [Fact]
    public void A_power_cut_in_any_write_leaves_the_state_before_or_the_state_after()
    {
        int cuts = 0;
        foreach (CutLeaves leaves in Enum.GetValues<CutLeaves>())
        {
            for (int cutAt = 1; ; cutAt++)
            {
                MemoryFlash flash = Ways.Flash(new MemoryFlash());
                flash.CutAt = flash.Changes + cutAt;
                flash.CutLeaves = leaves;
                string before = "";
                string after = "";
                bool isCut = false;
                try
                {
                    Live(flash, (from, to) => (before, after) = (from, to));
                }
                catch (PowerCutException)
                {
                    isCut = true;
                    cuts++;
                }

                flash.CutAt = 0;
                if (!isCut)
                {
                    break;
                }

                string found = Ways.HostOn(flash)!;
                Assert.True(found == before || found == after, $"cut {cutAt}, {leaves}: {found} is neither {before} nor {after}");
                // And it goes on from there: another change still comes through.
                Whereabouts.Load(flash).Try(Ways.Other("last.example"), 99);
                Whereabouts.Load(flash).Step(0, isOnline: true);
                Assert.Equal("last.example", Ways.HostOn(flash));
            }
        }

        output.WriteLine($"{cuts} power cuts");
        Assert.InRange(cuts, 300, 10_000);
    }

    // A change that is kept, one that is taken back by time, and one by starts.
    private static void Live(MemoryFlash flash, Action<string, string> expect)
    {
        expect(Ways.FlashedHost, "second.example");
        Whereabouts.Load(flash).Try(Ways.Other(), 1);
        expect("second.example", "second.example");
        Whereabouts.Load(flash).Step(0, isOnline: true);
        expect("second.example", "third.example");
        Whereabouts.Load(flash).Try(Ways.Other("third.example"), 2);
        expect("third.example", "second.example");
        Whereabouts where = Whereabouts.Load(flash);
        for (long uptime = 0; !where.WantsRestart; uptime += Quarter)
        {
            where.Step(uptime, isOnline: false);
        }

        expect("second.example", "fourth.example");
        Whereabouts.Load(flash).Try(Ways.Other("fourth.example"), 0);
        expect("fourth.example", "second.example");
        while (Ways.HostOn(flash) != "second.example")
        {
        }
    }
}
