using System.Security.Cryptography;
using DePin.Loader;
using DePin.Tests.Node.Fakes;

namespace DePin.Tests.Esp32;

/// <summary>The loader starts what is whole, and goes back from what does not work.</summary>
public sealed class LoaderTests
{
    private readonly MemoryFlash _flash = new();
    private readonly List<string> _started = [];
    private Func<byte[], bool> _works = _ => true;

    [Fact]
    public void Without_a_record_the_factory_copy_runs()
    {
        Boot();
        Assert.Equal(["factory"], _started);
    }

    [Fact]
    public void The_active_slot_runs_and_knows_its_hash()
    {
        Install(1, 10);
        Boot();
        Assert.Equal(["bundle 10 " + Hash8(10)], _started);
    }

    [Fact]
    public void A_confirmed_bundle_may_start_as_often_as_it_likes()
    {
        Install(1, 10);
        for (int i = 0; i < 10; i++)
        {
            Boot();
            _flash.Delete(Starter.Attempts);
        }

        Assert.Equal(10, _started.Count(what => what.StartsWith("bundle 10", StringComparison.Ordinal)));
    }

    [Fact]
    public void Three_starts_that_nobody_confirmed_go_back_to_the_former_slot()
    {
        Install(1, 10);
        Install(2, 20);
        for (int i = 0; i < 4; i++)
        {
            Boot();
        }

        Assert.Equal(["bundle 20", "bundle 20", "bundle 20", "bundle 10"], _started.Select(what => what[..9]));
        Assert.Equal(1, SlotRecord.Load(_flash).Active);
        for (int i = 0; i < 3; i++)
        {
            Boot();
        }

        Assert.Equal("factory", _started[^1]);
    }

    [Fact]
    public void A_bundle_that_is_not_whole_or_does_not_load_is_left_at_once()
    {
        Install(1, 10);
        Install(2, 20);
        _flash.Write("b.pe", [20, 20]);
        Boot();
        Assert.Equal(["bundle 10"], _started.Select(what => what[..9]));
        Install(2, 21);
        _works = bundle => bundle[0] != 21;
        Boot();
        Assert.Equal("bundle 10", _started[^1][..9]);
        _works = _ => false;
        Boot();
        Assert.Equal("factory", _started[^1]);
    }

    [Fact]
    public void A_formatted_drive_boots_the_factory_copy()
    {
        Install(1, 10);
        foreach (string name in _flash.List())
        {
            _flash.Delete(name);
        }

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

    private static byte[] Bundle(byte content) => [.. Enumerable.Repeat(content, 300)];

    private void Install(int slot, byte content) => Install(_flash, slot, content);

    private static void Install(MemoryFlash flash, int slot, byte content)
    {
        flash.Write(Starter.FileOf(slot), Bundle(content));
        SlotRecord.Load(flash).WithBundle(slot, 300, SHA256.HashData(Bundle(content))).WithActive(slot).Save(flash);
        flash.Delete(Starter.Attempts);
    }

    private void Boot() => new Starter(_flash, new HandOver(_started, _works)).Run();

    private sealed class HandOver(List<string> started, Func<byte[], bool> works) : IHandOver
    {
        public void ToBundle(byte[] bundle, byte[] firmware)
        {
            if (!works(bundle))
            {
                throw new InvalidOperationException("it does not load");
            }

            started.Add($"bundle {bundle[0]} {Convert.ToHexString(firmware)}");
        }

        public void ToFactory() => started.Add("factory");
    }
}
