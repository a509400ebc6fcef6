using System.Security.Cryptography;
using DePin.Contracts.Updates;
using DePin.Host.Platform;
using DePin.Host.PowerCuts;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Update;

namespace DePin.Tests.Node.Update;

/// <summary>An update from offer to its end: what is taken, what is refused, what is waited for, and how it goes back.</summary>
public sealed class UpdaterTests : IDisposable
{
    private const int Bytes = 21_500;
    private readonly PlatformSigner _signer = PlatformSigner.FromSeed([9]);
    private readonly NodeIdentity _identity;
    private readonly SimulatedUpdates _updates = new();
    private readonly SimulatedBackend _backend;
    private readonly UpdateNode _node;

    public UpdaterTests()
    {
        _identity = new NodeIdentity(new PlatformDigest(), _signer.PublicKey, new byte[32]);
        _backend = new SimulatedBackend(_identity) { UnixSeconds = 1_790_000_000, Updates = _updates };
        _node = new UpdateNode(_signer, _identity, new CutFlash(CutFlash.Empty, _ => { }), _backend);
        Assert.True(_node.Run(5, () => _node.Core.IsOnline));
    }

    [Fact]
    public void An_update_is_taken_tried_and_confirmed_and_no_reading_is_missing()
    {
        byte[] bundle = Bundle(1);
        _updates.Publish(bundle, build: 5);
        RunToTheEnd();
        Assert.Equal(
            [UpdateState.Accepted, UpdateState.Downloading, UpdateState.Verified, UpdateState.Waiting, UpdateState.Trial, UpdateState.Confirmed],
            _updates.Reports.Select(report => report.State).Distinct().Order());
        Assert.Equal(SHA256.HashData(bundle)[..8], _node.Firmware);
        Assert.Equal(_node.Firmware, _updates.Last!.Firmware);
        Assert.Equal([.. _updates.Reports.Select(report => report.Counter).Order()], _updates.Reports.Select(report => report.Counter));
        SlotRecord record = SlotRecord.Load(_node.Slots);
        Assert.Equal((1, SlotRecord.Factory, false, 5L), (record.Active, record.Former, record.IsTrial, record.BuildOf(1)));
        Assert.Null(_node.Slots.Read(SlotFiles.Attempts));
        AssertChain();
    }

    [Fact]
    public void The_second_update_goes_to_the_other_slot_and_the_third_over_the_first()
    {
        for (int build = 5; build < 8; build++)
        {
            _updates.Publish(Bundle((byte)build), build);
            RunToTheEnd();
            Assert.Equal(UpdateState.Confirmed, _updates.Last!.State);
        }

        SlotRecord record = SlotRecord.Load(_node.Slots);
        Assert.Equal((1, 2, 7L, 6L), (record.Active, record.Former, record.BuildOf(1), record.BuildOf(2)));
        AssertChain();
    }

    [Fact]
    public void Blocks_that_are_lost_doubled_out_of_order_or_of_the_wrong_length_cost_time_and_nothing_else()
    {
        var random = new Random(4);
        _updates.Bends = (_, blocks) =>
        {
            var bent = blocks.Where(_ => random.Next(3) > 0).ToList();
            bent.AddRange(bent.Where(_ => random.Next(3) == 0).ToList());
            bent.AddRange(blocks.Where(_ => random.Next(4) == 0).Select(block => new UpdateBlock(block.ReleaseId, block.Index, block.Bytes[..^1])));
            bent.Add(new UpdateBlock(block(), 200, new byte[1024]));
            bent.Add(new UpdateBlock(new byte[8], 0, new byte[1024]));
            return bent.OrderBy(_ => random.Next());
            byte[] block() => blocks[0].ReleaseId;
        };
        _updates.Publish(Bundle(1), build: 5);
        RunToTheEnd();
        Assert.Equal(UpdateState.Confirmed, _updates.Last!.State);
        Assert.True(_updates.Requests > 3, $"{_updates.Requests} requests");
    }

    [Fact]
    public void What_never_comes_is_asked_for_six_times_and_then_in_the_next_session()
    {
        _updates.Bends = (_, _) => [];
        _updates.Publish(Bundle(1), build: 5);
        Assert.True(_node.Run(60, () => _updates.Requests == 6));
        _node.Run(30);
        Assert.Equal(6, _updates.Requests);
        Assert.Equal(UpdateState.Downloading, _updates.Last!.State);
        _updates.Bends = (_, blocks) => blocks;
        _backend.Close();
        RunToTheEnd();
        Assert.Equal(UpdateState.Confirmed, _updates.Last!.State);
    }

    [Fact]
    public void A_busy_backend_is_asked_again_when_it_said()
    {
        _updates.Bends = (_, blocks) => blocks.Take(2);
        _updates.Publish(Bundle(1), build: 5);
        Assert.True(_node.Run(60, () => _updates.Requests == 1));
        _updates.Busy(1800);
        _updates.Bends = (_, blocks) => blocks;
        _node.Run(29);
        Assert.Equal(1, _updates.Requests);
        RunToTheEnd();
        Assert.Equal(UpdateState.Confirmed, _updates.Last!.State);
    }

    [Fact]
    public void A_restart_in_the_middle_of_a_download_loses_at_most_two_segments()
    {
        _updates.Bends = (request, blocks) => request.First >= 12 ? [] : blocks;
        _updates.Publish(Bundle(1), build: 5);
        Assert.True(_node.Run(60, () => _updates.Requests == 3));
        _node.PowerCycle();
        _updates.Bends = (request, blocks) =>
        {
            Assert.True(request.First >= 8, $"block {request.First} is asked for again");
            return blocks;
        };
        RunToTheEnd();
        Assert.Equal(UpdateState.Confirmed, _updates.Last!.State);
    }

    [Theory]
    [InlineData(UpdateReason.NotOurProduct)]
    [InlineData(UpdateReason.WrongProfile)]
    [InlineData(UpdateReason.LoaderTooOld)]
    [InlineData(UpdateReason.TooLarge)]
    [InlineData(UpdateReason.NoRoom)]
    [InlineData(UpdateReason.NoPsram)]
    [InlineData(UpdateReason.WrongReturn)]
    [InlineData(UpdateReason.Expired)]
    [InlineData(UpdateReason.BadSignatures)]
    [InlineData(UpdateReason.HashMismatch)]
    public void What_is_not_for_this_node_is_refused_and_it_says_why(UpdateReason reason)
    {
        byte[] bundle = Bundle(1);
        switch (reason)
        {
            case UpdateReason.BadSignatures:
                // The third signer's id with the first one's signature would need a forger; two of one key is what a thief of one can do.
                _updates.PublishForged(bundle, 5);
                break;
            default:
                _node.HasRoomForBundles = reason != UpdateReason.NoPsram;
                _node.SlotBytes = reason == UpdateReason.NoRoom ? 0 : reason == UpdateReason.TooLarge ? Bytes - 1 : Limits.SlotBytes;
                _updates.Publish(bundle, 5, manifest => BentManifest.Bend(manifest, reason));
                break;
        }

        Assert.True(_node.Run(120, () => _updates.IsOver), $"no end after {_updates.Last?.State}");
        Assert.Equal((UpdateState.Rejected, reason), (_updates.Last!.State, _updates.Last.Reason));
        Assert.True(_node.RunsFactory);
        Assert.Equal(reason == UpdateReason.HashMismatch, _updates.Blocks > 0);
    }

    [Fact]
    public void A_build_only_rises_but_by_a_return_and_security_never_goes_down()
    {
        _updates.Publish(Bundle(1), 5, manifest => manifest.Security = 2);
        RunToTheEnd();
        Assert.Equal((UpdateState.Rejected, UpdateReason.BuildTooLow), Offered(Bundle(2), 5, manifest => manifest.Security = 2));
        Assert.Equal((UpdateState.Rejected, UpdateReason.SecurityTooLow), Offered(Bundle(2), 6, manifest => manifest.Security = 1));
        Assert.Equal((UpdateState.Rejected, UpdateReason.WrongReturn), Offered(Bundle(2), 4, manifest => (manifest.Security, manifest.ReturnsFrom) = (2, 6)));
        Assert.Equal((UpdateState.Rejected, UpdateReason.SecurityTooLow), Offered(Bundle(2), 4, manifest => (manifest.Security, manifest.ReturnsFrom) = (1, 5)));
        Assert.Equal((UpdateState.Confirmed, UpdateReason.None), Offered(Bundle(2), 4, manifest => (manifest.Security, manifest.ReturnsFrom) = (2, 5)));
        Assert.Equal(4, SlotRecord.Load(_node.Slots).BuildOf(2));
    }

    [Fact]
    public void What_runs_already_is_confirmed_without_a_block()
    {
        _updates.Publish(Bundle(1), 5);
        RunToTheEnd();
        int blocks = _updates.Blocks;
        _updates.Again();
        RunToTheEnd();
        Assert.Equal((UpdateState.Confirmed, 2L), (_updates.Last!.State, _updates.Last.Attempt));
        Assert.Equal(blocks, _updates.Blocks);
    }

    [Theory]
    [InlineData(UpdateReason.Battery)]
    [InlineData(UpdateReason.Night)]
    [InlineData(UpdateReason.OutputInUse)]
    public void A_trial_waits_for_charge_day_and_rest(UpdateReason reason)
    {
        _node.BatteryPermille = reason == UpdateReason.Battery ? 299 : 300;
        _node.HarvestedMicrowatts = reason == UpdateReason.Night ? 1000 : 5_000_000;
        _node.DeliveredMicrowatts = reason == UpdateReason.OutputInUse ? 2_000_000 : 0;
        _node.Run(15);
        _updates.Publish(Bundle(1), 5, manifest => manifest.BatteryMinPermille = 300);
        Assert.True(_node.Run(120, () => _updates.Last?.State == UpdateState.Waiting));
        _node.Run(180);
        Assert.Equal((UpdateState.Waiting, reason), (_updates.Last!.State, _updates.Last.Reason));
        _node.BatteryPermille = 300;
        _node.HarvestedMicrowatts = 5_000_000;
        _node.DeliveredMicrowatts = 0;
        RunToTheEnd();
        Assert.Equal(UpdateState.Confirmed, _updates.Last.State);
    }

    [Fact]
    public void An_output_that_never_rests_holds_an_update_up_for_a_day()
    {
        _node.DeliveredMicrowatts = 3_000_000;
        _updates.Publish(Bundle(1), 5);
        Assert.True(_node.Run(26 * 60, () => _updates.Last?.State == UpdateState.Confirmed));
        AssertChain();
    }

    [Theory]
    [InlineData(UpdateNode.Crashes, UpdateReason.Crashed)]
    [InlineData(UpdateNode.Hangs, UpdateReason.Hung)]
    [InlineData(UpdateNode.DoesNotLoad, UpdateReason.DidNotLoad)]
    [InlineData(UpdateNode.SendsNoBatch, UpdateReason.NoReceipt)]
    [InlineData(UpdateNode.NeverConnects, UpdateReason.TimedOut)]
    public void A_bad_release_goes_back_and_the_old_firmware_says_why(byte fault, UpdateReason reason)
    {
        _updates.Publish(Bundle(1), 5);
        RunToTheEnd();
        byte[] good = _node.Firmware;
        _updates.Publish(Bundle(fault), 6);
        Assert.True(_node.Run(30 * 60, () => _updates.IsOver), $"no end after {_updates.Last?.State}");
        Assert.Equal((UpdateState.WentBack, reason), (_updates.Last!.State, _updates.Last.Reason));
        Assert.Equal(good, _node.Firmware);
        Assert.Equal(good, _updates.Last.Firmware);
        _node.Run(10);
        AssertChain();
    }

    [Fact]
    public void A_trial_without_a_link_is_no_failure()
    {
        _updates.Publish(Bundle(1), 5);
        Assert.True(_node.Run(120, () => !_node.RunsFactory));
        _backend.IsReachable = false;
        _backend.Close();
        _node.Run(20 * 60);
        Assert.False(_node.RunsFactory);
        for (int i = 0; i < 5; i++)
        {
            _node.PowerCycle();
            _node.Run(6);
        }

        Assert.False(_node.RunsFactory);
        _backend.IsReachable = true;
        RunToTheEnd();
        Assert.Equal(UpdateState.Confirmed, _updates.Last!.State);
    }

    [Fact]
    public void A_recalled_release_is_given_up_in_its_trial_and_a_stopped_one_only_before()
    {
        _updates.Publish(Bundle(UpdateNode.SendsNoBatch), 5);
        Assert.True(_node.Run(120, () => _updates.Last?.State == UpdateState.Trial));
        _updates.Withdraw(UpdateWithdrawal.Stopped);
        _node.Run(1);
        Assert.False(_node.RunsFactory);
        _updates.Withdraw(UpdateWithdrawal.Recalled);
        RunToTheEnd();
        Assert.Equal((UpdateState.WentBack, UpdateReason.Withdrawn), (_updates.Last!.State, _updates.Last.Reason));
        Assert.True(_node.RunsFactory);
        _updates.Bends = (_, _) => [];
        _updates.Publish(Bundle(1), 6);
        Assert.True(_node.Run(10, () => _updates.Last?.State == UpdateState.Downloading));
        _updates.Withdraw(UpdateWithdrawal.Stopped);
        RunToTheEnd();
        Assert.Equal((UpdateState.WentBack, UpdateReason.Withdrawn), (_updates.Last!.State, _updates.Last.Reason));
    }

    [Fact]
    public void A_report_is_repeated_as_it_is_until_it_is_heard()
    {
        _updates.Hears = false;
        _updates.Bends = (_, _) => [];
        _updates.Publish(Bundle(1), 5);
        Assert.True(_node.Run(10, () => _updates.Last?.State == UpdateState.Downloading));
        long counter = _updates.Last!.Counter;
        _node.Run(5);
        Assert.Equal(counter, _updates.Last.Counter);
        _node.PowerCycle();
        Assert.True(_node.Run(5, () => _updates.Last.Counter > counter));
        Assert.Equal(UpdateState.Downloading, _updates.Last.State);
    }

    [Fact]
    public void Two_root_keys_change_the_release_keys_for_ever()
    {
        using var fresh = PlatformSigner.FromSeed([77]);
        byte[][] keys = [fresh.PublicKey, SimulatedUpdates.ReleaseKeys[0]];
        Assert.Equal((UpdateState.Rejected, UpdateReason.BadSignatures), Rotated(_updates.RotateForged(1, keys)));
        Assert.Equal((UpdateState.Confirmed, UpdateReason.None), Rotated(_updates.Rotate(2, keys, 0, 2)));
        Assert.Equal((UpdateState.Confirmed, UpdateReason.None), Rotated(_updates.Rotate(2, keys, 1, 2)));
        Assert.Equal((UpdateState.Rejected, UpdateReason.KeysTooOld), Rotated(_updates.Rotate(1, keys, 0, 1)));
        _node.PowerCycle();
        Assert.Equal((UpdateState.Rejected, UpdateReason.BadSignatures), Offered(Bundle(1), 5));
    }

    public void Dispose() => _signer.Dispose();

    private static byte[] Bundle(byte first)
    {
        byte[] bundle = new byte[Bytes];
        new Random(first).NextBytes(bundle);
        bundle[0] = first;
        return bundle;
    }

    private (UpdateState State, UpdateReason Reason) Offered(byte[] bundle, long build, Action<ReleaseManifest>? change = null)
    {
        _updates.Publish(bundle, build, change);
        RunToTheEnd();
        return (_updates.Last!.State, _updates.Last.Reason);
    }

    private (UpdateState State, UpdateReason Reason) Rotated(byte[] hash)
    {
        int before = _updates.Reports.Count;
        Assert.True(_node.Run(10, () => _updates.Reports.Count > before));
        UpdateReport report = _updates.Reports[^1];
        Assert.Equal((0L, Convert.ToHexString(hash)), (report.Attempt, Convert.ToHexString(report.Release)));
        return (report.State, report.Reason);
    }

    private void RunToTheEnd() => Assert.True(_node.Run(6 * 60, () => _updates.IsOver), $"no end after {_updates.Last?.State} {_updates.Last?.Reason}");

    private void AssertChain()
    {
        _node.Run(10);
        Assert.Empty(_backend.Failures);
        Assert.True(_node.Run(10, () => _backend.Next == _node.Core.Sequence || _node.Core.OutboxBatches == 0));
    }
}
