using System.Security.Cryptography;
using DePin.Node.Update;
using DePin.Tests.Node.Fakes;

namespace DePin.Tests.Node.Update;

/// <summary>The loader starts what is whole, and goes back from what does not work.</summary>
public sealed class StarterTests
{
    private const int Length = 9000;
    private readonly MemoryFlash _flash = new();
    private readonly List<string> _started = [];
    private Func<byte[], bool> _loads = _ => true;

    [Fact]
    public void Without_a_record_the_factory_copy_runs()
    {
        Boot();
        Assert.Equal(["factory"], _started);
    }

    [Fact]
    public void The_active_slot_runs_whole_and_knows_its_hash()
    {
        Install(1, 10);
        Boot();
        Assert.Equal([$"bundle 10 {Hash8(10)}"], _started);
        Assert.Equal(7, SlotRecord.Load(_flash).BuildOf(1));
    }

    [Fact]
    public void A_bundle_that_shows_that_it_works_may_start_as_often_as_it_likes()
    {
        Install(1, 10);
        for (int i = 0; i < 10; i++)
        {
            Boot();
            _flash.Delete(SlotFiles.Attempts);
        }

        Assert.Equal(10, _started.Count(what => what.StartsWith("bundle 10", StringComparison.Ordinal)));
    }

    [Fact]
    public void Three_starts_on_trial_without_a_sign_of_life_go_back_to_the_former_slot()
    {
        Install(1, 10);
        Confirm();
        Install(2, 20);
        for (int i = 0; i < 4; i++)
        {
            Boot();
        }

        Assert.Equal(["bundle 20", "bundle 20", "bundle 20", "bundle 10"], _started.Select(what => what[..9]));
        SlotRecord record = SlotRecord.Load(_flash);
        Assert.Equal((1, SlotRecord.Factory, SlotRecord.LeftCrashed, false), (record.Active, record.Former, record.Left, record.IsTrial));
        Assert.Equal(0, record.LengthOf(2));
    }

    [Theory]
    [InlineData("sss", SlotRecord.LeftHung)]
    [InlineData("s.s", SlotRecord.LeftHung)]
    [InlineData("..s", SlotRecord.LeftCrashed)]
    [InlineData("...", SlotRecord.LeftCrashed)]
    public void Starts_that_stood_still_are_told_from_those_that_ended_otherwise(string starts, int left)
    {
        Install(1, 10);
        foreach (char start in starts)
        {
            Boot();
            if (start == 's')
            {
                SlotFiles.MarkStall(_flash);
            }
        }

        Boot();
        Assert.Equal("factory", _started[^1]);
        Assert.Equal(left, SlotRecord.Load(_flash).Left);
    }

    [Fact]
    public void A_stall_after_a_sign_of_life_leaves_no_mark()
    {
        Install(1, 10);
        Boot();
        _flash.Delete(SlotFiles.Attempts);
        SlotFiles.MarkStall(_flash);
        Assert.Null(_flash.Read(SlotFiles.Attempts));
    }

    [Fact]
    public void A_confirmed_bundle_survives_a_battery_that_lets_it_start_again_and_again()
    {
        Install(1, 10);
        Confirm();
        for (int i = 0; i < Starter.MaxStarts; i++)
        {
            Boot();
        }

        Assert.DoesNotContain("factory", _started);
        Boot();
        Assert.Equal("factory", _started[^1]);
        Assert.Equal(SlotRecord.LeftCrashed, SlotRecord.Load(_flash).Left);
    }

    [Fact]
    public void A_bundle_that_is_not_whole_or_does_not_load_is_left_at_once_and_the_record_says_why()
    {
        Install(1, 10);
        Confirm();
        Install(2, 20);
        _flash.Write(SlotFiles.Name(2, 1), [20, 20]);
        Boot();
        Assert.Equal(["bundle 10"], _started.Select(what => what[..9]));
        Assert.Equal(SlotRecord.LeftNotWhole, SlotRecord.Load(_flash).Left);
        Install(2, 21);
        _loads = bundle => bundle[0] != 21;
        Boot();
        Assert.Equal("bundle 10", _started[^1][..9]);
        Assert.Equal(SlotRecord.LeftDidNotLoad, SlotRecord.Load(_flash).Left);
        _loads = _ => false;
        Boot();
        Assert.Equal("factory", _started[^1]);
    }

    [Fact]
    public void A_bit_that_fell_over_is_found()
    {
        Install(1, 10);
        _flash.Damage(SlotFiles.Name(1, 0));
        Boot();
        Assert.Equal("factory", _started[^1]);
    }

    [Fact]
    public void A_slot_that_is_about_to_be_written_is_nowhere_to_go_back_to()
    {
        Install(1, 10);
        Confirm();
        Install(2, 20);
        Confirm();
        SlotRecord record = SlotRecord.Load(_flash);
        record.Empty(1);
        record.Save();
        _loads = bundle => bundle[0] != 20;
        Boot();
        Assert.Equal(["factory"], _started);
    }

    [Fact]
    public void A_formatted_drive_boots_the_factory_copy()
    {
        Install(1, 10);
        _flash.Wipe();
        Boot();
        Assert.Equal("factory", _started[^1]);
    }

    [Fact]
    public void A_damaged_record_costs_one_choice_and_two_boot_the_factory_copy()
    {
        Install(1, 10);
        Install(2, 20);
        string[] records = [.. _flash.List().Where(name => name.StartsWith("choice", StringComparison.Ordinal))];
        Assert.Equal(2, records.Length);
        Array.ForEach(records, name => _flash.Write(name, [1, 2, 3]));
        Boot();
        Assert.Equal("factory", _started[^1]);
    }

    [Fact]
    public void A_security_level_never_goes_down()
    {
        Install(1, 10);
        Confirm(security: 5);
        Install(2, 20);
        Confirm(security: 3);
        Assert.Equal(5, SlotRecord.Load(_flash).Security);
    }

    [Fact]
    public void A_power_cut_at_any_change_of_the_flash_leaves_a_board_that_boots()
    {
        int cuts = 0;
        for (int cut = 1; cut < 40; cut++)
        {
            var flash = new MemoryFlash { CutLeaves = (CutLeaves)(cut % 3) };
            var starts = new List<string>();
            Install(flash, 1, 10);
            Install(flash, 2, 20);
            flash.CutAt = flash.Changes + cut;
            try
            {
                for (int boot = 0; boot < 8; boot++)
                {
                    new Starter(flash, new HandOver(starts, _ => boot != 5)).Run();
                }
            }
            catch (PowerCutException)
            {
                cuts++;
            }

            flash.CutAt = 0;
            int before = starts.Count;
            new Starter(flash, new HandOver(starts, _ => true)).Run();
            Assert.True(starts.Count > before, $"nothing starts after cut {cut}");
        }

        Assert.InRange(cuts, 5, 39);
    }

    private static string Hash8(byte content) => Convert.ToHexString(SHA256.HashData(Bundle(content))[..8]);

    private static byte[] Bundle(byte content) => [.. Enumerable.Repeat(content, Length)];

    private void Install(int slot, byte content) => Install(_flash, slot, content);

    private void Confirm(long security = 0)
    {
        SlotRecord record = SlotRecord.Load(_flash);
        record.Confirm(security);
        record.Save();
    }

    private static void Install(MemoryFlash flash, int slot, byte content)
    {
        byte[] bundle = Bundle(content);
        for (int i = 0; i < SlotFiles.Count(Length); i++)
        {
            flash.Write(SlotFiles.Name(slot, i), bundle[(i * SlotFiles.SegmentBytes)..][..SlotFiles.LengthOf(i, Length)]);
        }

        flash.Delete(SlotFiles.Attempts);
        SlotRecord record = SlotRecord.Load(flash);
        record.Try(slot, Length, 7, SHA256.HashData(bundle));
        record.Save();
    }

    private void Boot() => new Starter(_flash, new HandOver(_started, _loads)).Run();

    private sealed class HandOver(List<string> started, Func<byte[], bool> loads) : IHandOver
    {
        public void ToBundle(byte[] bundle, byte[] firmware)
        {
            if (!loads(bundle))
            {
                throw new InvalidOperationException("it does not load");
            }

            started.Add($"bundle {bundle[0]} {Convert.ToHexString(firmware)}");
        }

        public void ToFactory() => started.Add("factory");

        public void Tell(string problem) => Assert.NotEmpty(problem);
    }
}
