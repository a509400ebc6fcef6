using System.Security.Cryptography;
using System.Text;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Host.Platform;
using DePin.Node.Pairing;
using DePin.Tests.Node.Fakes;
using DePin.Tests.Support;

namespace DePin.Tests.Node.Pairing;

/// <summary>The node's side of the bench: one identity, whatever happens, and nothing secret on the wire.</summary>
public sealed class BenchTests(ITestOutputHelper output)
{
    private readonly MemoryFlash _flash = new();

    [Fact]
    public void A_bare_board_says_who_it_is_and_makes_an_identity_that_it_proves()
    {
        var rig = new BenchRig(_flash);
        BoardHello bare = rig.Ask(FlashRequest.Hello).Hello!;
        Assert.Null(bare.NodeId());
        Assert.Equal(("test", "0123456789ab", BoardHello.IsSimulated), (bare.Chip, bare.Serial, bare.Flags));
        FlashAnswer answer = rig.Provision();
        NodeId node = rig.Proven(answer);
        IdentityFile stored = IdentityFile.Load(_flash)!;
        Assert.Equal(NodeSecret.LoginKey(new PlatformDigest(), stored.Secret), answer.Identity!.LoginPassword);
        Assert.Equal(NodeSecret.DownKey(new PlatformDigest(), stored.Secret), answer.Identity.DownKey);
        Assert.Equal(node, rig.Ask(FlashRequest.Hello).Hello!.NodeId());
        Assert.Equal(1_790_000_000, rig.Time);
    }

    [Fact]
    public void An_identity_is_made_once_and_proven_as_often_as_asked_with_new_numbers_each_time()
    {
        var rig = new BenchRig(_flash);
        FlashAnswer first = rig.Provision();
        FlashAnswer second = rig.Provision();
        Assert.Equal(rig.Proven(first), rig.Proven(second));
        Assert.NotEqual(first.Identity!.Proof, second.Identity!.Proof);
        Assert.Equal(rig.Proven(first), new BenchRig(_flash, seed: 9).Proven(new BenchRig(_flash, seed: 9).Provision()));
    }

    [Fact]
    public void Neither_key_nor_secret_nor_the_noise_they_come_from_passes_over_the_wire()
    {
        var rig = new BenchRig(_flash);
        byte[] all = [.. new[] { rig.Provision(), rig.Ask(FlashRequest.Log), rig.Ask(FlashRequest.Hello) }.SelectMany(answer => answer.Encode())];
        IdentityFile stored = IdentityFile.Load(_flash)!;
        byte[] noise = new byte[IdentityMaking.EntropyBytes];
        var same = new SeededBytes(1);
        same.Fill(new byte[4]);
        same.Fill(noise);
        Assert.Equal(stored.PrivateKey, Made(noise, rig.Entropy).PrivateKey);
        Assert.All([stored.PrivateKey, stored.Secret, noise, noise[..32], noise[32..]], secret => Assert.True(all.AsSpan().IndexOf(secret) < 0));
    }

    [Fact]
    public void Both_entropies_go_into_key_and_secret()
    {
        byte[] noise = new byte[IdentityMaking.EntropyBytes];
        IdentityFile one = Made(noise, new byte[32]);
        byte[] other = new byte[32];
        other[31] = 1;
        Assert.NotEqual(one.PrivateKey, Made(noise, other).PrivateKey);
        Assert.NotEqual(one.Secret, Made(noise, other).Secret);
        byte[] otherNoise = [1, .. noise[1..]];
        Assert.NotEqual(one.PrivateKey, Made(otherNoise, new byte[32]).PrivateKey);
        Assert.Equal(Signing.Signatures.PlatformPublicKey(one.PrivateKey), one.PublicKey);
    }

    [Fact]
    public void A_power_cut_in_any_change_of_the_flash_leaves_one_identity_or_none_and_asking_again_ends_well()
    {
        int changes = ChangesOf(rig => rig.Provision());
        Assert.Equal(3, changes);
        foreach ((int cutAt, CutLeaves leaves) in Cuts(changes))
        {
            var flash = new MemoryFlash { CutAt = cutAt, CutLeaves = leaves };
            Assert.Throws<PowerCutException>(() => new BenchRig(flash).Provision());
            IdentityFile? before = IdentityFile.Load(flash);
            Assert.False(IdentityFile.IsDamaged(flash), $"cut {cutAt}, {leaves}");
            var again = new BenchRig(flash, seed: 2);
            NodeId node = again.Proven(again.Provision());
            Assert.Equal(node, again.Proven(again.Provision()));
            Assert.True(before is null || before.PublicKey.SequenceEqual(IdentityFile.Load(flash)!.PublicKey), "what was stored is kept");
        }
    }

    [Fact]
    public void A_successor_is_made_only_for_the_identity_named_and_only_once_whatever_is_cut()
    {
        var rig = new BenchRig(_flash);
        byte[] old = rig.Proven(rig.Provision()).ToBytes();
        byte[] somebody = [.. old.Reverse()];
        Assert.Equal(FlashRefusal.OtherIdentity, rig.Provision(succeeds: somebody).Refusal);
        foreach ((int cutAt, CutLeaves leaves) in Cuts(4))
        {
            MemoryFlash flash = _flash.Clone();
            flash.CutAt = cutAt;
            flash.CutLeaves = leaves;
            Assert.Throws<PowerCutException>(() => new BenchRig(flash, seed: 3).Provision(succeeds: old));
            var again = new BenchRig(flash, seed: 4);
            NodeId successor = again.Proven(again.Provision(succeeds: old));
            Assert.False(successor.Matches(old, 0));
            Belongings.Settle(flash, successor);
            var third = new BenchRig(flash, seed: 5);
            Assert.Equal(successor, third.Proven(third.Provision(succeeds: old)));
        }
    }

    [Fact]
    public void What_the_former_key_signed_is_wiped_before_the_successor_starts_even_if_that_is_cut()
    {
        var rig = new BenchRig(_flash);
        NodeId old = rig.Proven(rig.Provision());
        Belongings.Settle(_flash, old);
        _flash.Write("state-0", [1]);
        _flash.Write("s-1", [2]);
        Belongings.Settle(_flash, old);
        Assert.Contains("state-0", _flash.Names);
        NodeId successor = rig.Proven(rig.Provision(succeeds: old.ToBytes()));
        for (int cut = 1; cut <= 3; cut++)
        {
            MemoryFlash flash = _flash.Clone();
            flash.CutAt = flash.Changes + cut;
            Assert.Throws<PowerCutException>(() => Belongings.Settle(flash, successor));
            Belongings.Settle(flash, successor);
            Assert.Equal(["former", "identity", "owner", "settings"], flash.Names);
        }
    }

    [Fact]
    public void A_damaged_identity_is_said_and_never_replaced_but_by_scrapping()
    {
        var rig = new BenchRig(_flash);
        rig.Provision();
        _flash.Damage("identity");
        Assert.Equal(BoardHello.IsDamaged, rig.Ask(FlashRequest.Hello).Hello!.Flags & BoardHello.IsDamaged);
        Assert.Equal(FlashRefusal.IdentityDamaged, rig.Provision().Refusal);
        Assert.Equal(25, rig.Ask(FlashRequest.Scrap).Type);
        rig.Step();
        rig.Proven(rig.Provision());
    }

    [Fact]
    public void Scrapping_wants_the_right_name_wipes_everything_and_can_be_cut_anywhere()
    {
        var rig = new BenchRig(_flash);
        NodeId node = rig.Proven(rig.Provision());
        Belongings.Settle(_flash, node);
        rig.Ask(FlashRequest.Calibrate, request => request.Gains = [1_000_000, 1_000_000, 1_000_000]);
        Assert.Equal(FlashRefusal.OtherIdentity, rig.Ask(FlashRequest.Scrap).Refusal);
        for (int cut = 1; cut <= 4; cut++)
        {
            MemoryFlash flash = _flash.Clone();
            flash.CutAt = cut;
            Assert.Throws<PowerCutException>(() => new BenchRig(flash).Ask(FlashRequest.Scrap, request => request.Node = node.ToBytes()));
            var again = new BenchRig(flash);
            BoardHello hello = again.Ask(FlashRequest.Hello).Hello!;
            Assert.Equal(25, again.Ask(FlashRequest.Scrap, request => request.Node = hello.Node).Type);
            Assert.Empty(flash.Names);
            again.Step();
            Assert.Equal(1, again.Restarts);
        }
    }

    [Fact]
    public void Settings_are_read_back_by_their_hash_and_a_bare_board_has_none()
    {
        var rig = new BenchRig(_flash);
        Assert.Equal(FlashRefusal.NotProvisioned, rig.Ask(FlashRequest.ReadBack).Refusal);
        byte[] settings = BenchRig.Settings().Encode();
        rig.Provision(settings: settings);
        Assert.Equal(SHA256.HashData(settings), rig.Ask(FlashRequest.ReadBack).SettingsHash);
        Assert.Contains("-----BEGIN CERTIFICATE-----\nAQID\n-----END", Encoding.ASCII.GetString(SettingsFile.AnchorsAsPem(SettingsFile.Load(_flash)!)), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_settings_and_those_of_another_profile_change_nothing()
    {
        var rig = new BenchRig(_flash);
        Assert.Equal(FlashRefusal.WrongSettings, rig.Provision(settings: [1, 2, 3]).Refusal);
        NodeSettings other = BenchRig.Settings();
        other.Profile = 2;
        Assert.Equal(FlashRefusal.WrongProfile, rig.Provision(settings: other.Encode()).Refusal);
        Assert.Empty(_flash.Names);
    }

    [Fact]
    public void A_restart_is_answered_first_and_seen_by_another_start()
    {
        var rig = new BenchRig(_flash);
        long start = rig.Ask(FlashRequest.Hello).Hello!.Start;
        Assert.Equal(20, rig.Ask(FlashRequest.Restart).Type);
        rig.Step();
        Assert.Equal(1, rig.Restarts);
        Assert.NotEqual(start, rig.Ask(FlashRequest.Hello).Hello!.Start);
    }

    [Fact]
    public void A_self_test_tells_idle_current_battery_and_what_every_meter_says_uncorrected()
    {
        BoardSelfTest test = new BenchRig(_flash).Ask(FlashRequest.SelfTest).SelfTest!;
        Assert.Equal(3_300, test.BatteryMillivolts);
        Assert.InRange(test.IdleMicroamps, 800, 1_000);
        Assert.Equal([(MeterTest.Panel, true), (MeterTest.Output, true)], test.Meters.Select(meter => (meter.Meter, meter.IsWell)));
        Assert.InRange(test.Meters[1].Microamps, 606_000, 606_200);
    }

    [Fact]
    public void A_meter_that_does_not_answer_is_not_well()
    {
        var rig = new BenchRig(_flash);
        rig.Chips.IsSilent = true;
        Assert.All(rig.Ask(FlashRequest.SelfTest).SelfTest!.Meters, meter => Assert.False(meter.IsWell));
    }

    [Fact]
    public void Corrections_are_kept_and_said()
    {
        var rig = new BenchRig(_flash);
        rig.Ask(FlashRequest.Calibrate, request => request.Gains = [1_000_000, 1_012_345, 999_999]);
        Assert.Equal([1_000_000, 1_012_345, 999_999], CalibrationFile.Load(_flash)!);
        Assert.Equal(BoardHello.IsCalibrated, rig.Ask(FlashRequest.Hello).Hello!.Flags & BoardHello.IsCalibrated);
        _flash.Damage("calibration");
        Assert.Null(CalibrationFile.Load(_flash));
    }

    [Fact]
    public void While_one_request_is_under_way_hello_is_answered_and_others_are_told_so()
    {
        var rig = new BenchRig(_flash);
        FlashRequest test = rig.Send(FlashRequest.SelfTest);
        rig.Step();
        Assert.NotNull(rig.Ask(FlashRequest.Hello).Hello);
        Assert.Equal(FlashRefusal.Busy, rig.Ask(FlashRequest.Log).Refusal);
        for (int i = 0; i < 100; i++)
        {
            rig.Step();
        }

        Assert.NotNull(rig.Answers.Single(answer => answer.Id == test.Id).SelfTest);
    }

    [Fact]
    public void A_wire_that_echoes_is_no_fault_and_a_whole_line_with_nonsense_is_named()
    {
        var rig = new BenchRig(_flash);
        FlashAnswer hello = rig.Ask(FlashRequest.Hello);
        rig.SendRaw(FlashLine.Encode(hello.Encode()));
        rig.Step();
        Assert.Single(rig.Answers);
        rig.SendRaw(FlashLine.Encode([0x83, 1, 0x18, 99, 1]));
        rig.Step();
        Assert.Equal(FlashRefusal.Malformed, rig.Answers[^1].Refusal);
    }

    [Fact]
    public void The_log_comes_in_pages_and_forgets_its_beginning()
    {
        var rig = new BenchRig(_flash);
        for (int i = 0; i < 400; i++)
        {
            rig.Log.Add(i * 1000, $"line {i}");
        }

        var text = new StringBuilder();
        BoardLogPage page = rig.Ask(FlashRequest.Log).Log!;
        Assert.True(page.From > 0, "the beginning is gone");
        while (page.Text.Length > 0)
        {
            text.Append(Encoding.ASCII.GetString(page.Text));
            page = rig.Ask(FlashRequest.Log, request => request.From = page.From + page.Text.Length).Log!;
        }

        Assert.EndsWith("398 line 398\n399 line 399\n", text.ToString(), StringComparison.Ordinal);
        Assert.Equal(4096, text.Length);
    }

    [Fact]
    public void No_step_of_provisioning_holds_up_metering_for_long()
    {
        long[] steps = DeviceInstructions.Run(StepsOfProvisioning);
        output.WriteLine($"provisioning: {steps.Sum()} IL instructions in {steps.Length} steps, the longest {steps.Max()}");
        Assert.InRange(steps.Max(), 10_000, 150_000);
    }

    private static long[] StepsOfProvisioning()
    {
        var rig = new BenchRig(new MemoryFlash());
        FlashRequest request = rig.Send(FlashRequest.Provision, request =>
        {
            request.Entropy = rig.Entropy;
            request.Settings = BenchRig.Settings().Encode();
        });
        var steps = new List<long>();
        while (!rig.Answers.Any(answer => answer.Id == request.Id))
        {
            long before = DeviceInstructions.Total();
            rig.Step();
            steps.Add(DeviceInstructions.Total() - before);
        }

        return [.. steps];
    }

    private static IdentityFile Made(byte[] own, byte[] tools)
    {
        var making = new IdentityMaking(new PlatformDigest(), own, tools);
        IdentityFile? made = null;
        while (made is null)
        {
            made = making.Step();
        }

        return made;
    }

    private static int ChangesOf(Action<BenchRig> work)
    {
        var flash = new MemoryFlash();
        work(new BenchRig(flash));
        return flash.Changes;
    }

    private static IEnumerable<(int At, CutLeaves Leaves)> Cuts(int changes) =>
        Enumerable.Range(1, changes).SelectMany(at => Enum.GetValues<CutLeaves>().Select(leaves => (at, leaves)));
}
