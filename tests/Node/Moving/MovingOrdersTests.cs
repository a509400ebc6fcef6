using System.Security.Cryptography;
using DePin.Contracts;
using DePin.Contracts.Flashing;
using DePin.Contracts.Metering;
using DePin.Contracts.Moving;
using DePin.Contracts.Signing;
using DePin.Node.Moving;
using DePin.Node.Pairing;
using DePin.Tests.Node.Fakes;
using DePin.Tests.Support;

namespace DePin.Tests.Node.Moving;

/// <summary>The backend hands a node a change of where it belongs that two release keys signed.</summary>
public sealed class MovingOrdersTests(ITestOutputHelper output) : IDisposable
{
    private readonly Signers _signers = new();

    public void Dispose() => _signers.Dispose();

    [Fact]
    public void A_change_by_two_release_keys_is_stored_reported_and_tried_and_the_meter_misses_nothing()
    {
        using NodeRig rig = Online();
        int before = rig.Flash.Changes;
        Order(rig, _signers.Sign(Change(4), 0, 2));
        int ticks = 0;
        while (rig.Backend.SettingsReports.Count == 0)
        {
            rig.Run(1);
            ticks++;
        }

        output.WriteLine($"{ticks} ticks to the report, {rig.Flash.Changes - before} changes of the flash");
        SettingsReport report = Assert.Single(rig.Backend.SettingsReports);
        Assert.Equal((4L, SettingsState.Trying, SettingsRefusal.None), (report.Version, report.State, report.Refusal));
        Assert.Equal(rig.Backend.CurrentSession, report.Session);
        Assert.False(rig.Core.WantsRestart);
        rig.Run(6);
        Assert.True(rig.Core.WantsRestart);
        rig.Core.Stop(rig.Clock);
        rig.Restart();
        Assert.Equal("second.example", Stored(rig).Settings!.Host);
        rig.Run(60);
        Assert.Equal((MoveState.Kept, 4L), (Stored(rig).SignedState, Stored(rig).Version));
        Order(rig, _signers.Sign(Change(4), 0, 1));
        rig.Run(5);
        Assert.Equal(SettingsState.Kept, rig.Backend.SettingsReports[^1].State);
        rig.Finish();
        Assert.All(rig.Backend.Readings, reading => Assert.Equal(0, reading.Flags & ReadingFlags.SensorFault));
    }

    [Fact]
    public void A_change_without_networks_leaves_the_node_those_that_it_has()
    {
        using NodeRig rig = Online();
        SettingsChange change = Change(1);
        (change.Way.NetworkNames, change.Way.NetworkKeys) = ([], []);
        Order(rig, _signers.Sign(change, 1, 2));
        rig.Run(400);
        NodeSettings tried = Stored(rig).Settings!;
        Assert.Equal(("second.example", 2), (tried.Host, tried.NetworkNames.Length));
        Assert.Equal(Ways.Flashed().NetworkKeys, tried.NetworkKeys);
    }

    [Fact]
    public void What_two_of_its_keys_did_not_sign_and_what_is_old_is_refused_by_name_and_nothing_is_written()
    {
        using NodeRig rig = Online();
        byte[] good = _signers.Sign(Change(5), 0, 1);
        Order(rig, good);
        rig.Run(400);
        rig.Restart();
        rig.Run(60);
        byte[] moved = rig.Flash.Read(Whereabouts.FileName)!;
        byte[] bent = _signers.Sign(Change(6), 0, 1);
        bent[^20] ^= 1;
        byte[] another = _signers.Sign(Change(7), 0, 1);
        another[10] ^= 1;
        (byte[] Signed, SettingsRefusal Refusal, long Version)[] cases =
        [
            (bent, SettingsRefusal.BadSignatures, 6),
            (_signers.Sign(Change(6), 0, 3), SettingsRefusal.BadSignatures, 6),
            (_signers.Sign(Change(6), 3, 4), SettingsRefusal.BadSignatures, 6),
            (_signers.Sign(Change(6), ReleaseContext, 0, 1), SettingsRefusal.BadSignatures, 6),
            (_signers.Sign(Change(4), 0, 1), SettingsRefusal.VersionTooLow, 4),
            ([1, 2, 3], SettingsRefusal.Malformed, 0),
            (good[..^1], SettingsRefusal.Malformed, 0),
            (another, SettingsRefusal.Malformed, 0),
        ];
        foreach ((byte[] signed, SettingsRefusal refusal, long version) in cases)
        {
            rig.Backend.SettingsReports.Clear();
            Order(rig, signed);
            rig.Run(400);
            SettingsReport report = Assert.Single(rig.Backend.SettingsReports);
            Assert.Equal((version, SettingsState.Refused, refusal), (report.Version, report.State, report.Refusal));
            Assert.False(rig.Core.WantsRestart);
            Assert.Equal(moved, rig.Flash.Read(Whereabouts.FileName));
        }
    }

    [Fact]
    public void A_third_signature_by_a_stranger_does_no_harm_and_counts_for_nothing()
    {
        using NodeRig rig = Online();
        Order(rig, _signers.Sign(Change(1), 0, 3, 2));
        rig.Run(600);
        Assert.Equal(SettingsState.Trying, Assert.Single(rig.Backend.SettingsReports).State);
    }

    [Fact]
    public void A_node_without_two_release_keys_takes_no_change()
    {
        using NodeRig rig = Online(keys: 1);
        Order(rig, _signers.Sign(Change(1), 0, 1));
        rig.Run(400);
        Assert.Equal(SettingsRefusal.BadSignatures, Assert.Single(rig.Backend.SettingsReports).Refusal);
    }

    [Fact]
    public void A_link_that_is_lost_after_the_change_was_stored_does_not_keep_it_from_being_tried()
    {
        using NodeRig rig = Online();
        rig.Signer.Steps = 5;
        Order(rig, _signers.Sign(Change(2), 0, 1));
        while (rig.Flash.Read(Whereabouts.FileName) is null)
        {
            rig.Run(1);
        }

        rig.Link.IsCut = true;
        rig.Run(59);
        Assert.False(rig.Core.WantsRestart);
        rig.Run(2);
        Assert.True(rig.Core.WantsRestart);
        Assert.Empty(rig.Backend.SettingsReports);
    }

    [Fact]
    public void A_batch_that_closes_in_the_middle_of_the_report_is_signed_first_and_both_are_sent()
    {
        using NodeRig rig = Online();
        rig.Signer.Steps = 40;
        while (rig.Core.Sequence != 12)
        {
            rig.Run(1);
        }

        rig.Run(275);
        Order(rig, [1]);
        rig.Run(120);
        Assert.NotEmpty(rig.Backend.SettingsReports);
        Assert.Single(rig.Backend.Stored);
        rig.Finish();
        rig.AssertNoSequenceSignedTwice();
    }

    [Fact]
    public void A_power_cut_in_any_write_of_an_order_its_trial_and_its_end_leaves_a_node_that_belongs_somewhere()
    {
        int cuts = 0;
        byte[] first = _signers.Sign(Change(1), 0, 1);
        byte[] second = _signers.Sign(Change(2, "third.example"), 0, 1);
        foreach (CutLeaves leaves in Enum.GetValues<CutLeaves>())
        {
            bool isCut = true;
            for (int cutAt = 1; isCut; cutAt++)
            {
                using NodeRig rig = Online();
                rig.Flash.CutLeaves = leaves;
                rig.Flash.CutAt = rig.Flash.Changes + cutAt;
                isCut = Lives(rig, first, second);
                cuts += isCut ? 1 : 0;
                rig.Flash.CutAt = 0;
                rig.Restart();
                Whereabouts where = Stored(rig);
                Assert.Contains(where.Settings!.Host, (string[])[Ways.FlashedHost, "second.example", "third.example"]);

                // The backend hands over what it has not heard the end of; the node ends where both changes take it.
                for (int i = 0; i < 4; i++)
                {
                    rig.Run(30);
                    Order(rig, second);
                    rig.Run(420);
                    if (rig.Core.WantsRestart)
                    {
                        rig.Restart();
                    }
                }

                Assert.Equal(("third.example", MoveState.Kept, 2L), (Stored(rig).Settings!.Host, Stored(rig).SignedState, Stored(rig).Version));
            }
        }

        output.WriteLine($"{cuts} power cuts");
        Assert.InRange(cuts, 10, 1000);
    }

    private const string ReleaseContext = "depin/1/release";

    // An order, its trial, a login; then the next.
    private static bool Lives(NodeRig rig, params byte[][] orders)
    {
        try
        {
            foreach (byte[] order in orders)
            {
                Order(rig, order);
                rig.Run(420);
                rig.Restart();
                rig.Run(30);
            }

            return false;
        }
        catch (PowerCutException)
        {
            return true;
        }
    }

    private NodeRig Online(int keys = 3)
    {
        NodeSettings settings = Ways.Flashed();
        settings.ReleaseKeys = [.. _signers.PublicKeys.Take(keys)];
        var rig = new NodeRig();
        rig.Flash.Write(SettingsFile.FileName, settings.Encode());
        rig.Restart();
        rig.Run(10);
        Assert.True(rig.Core.IsOnline);
        return rig;
    }

    // A look at a copy: a start would take a quarter of an hour off.
    private static Whereabouts Stored(NodeRig rig) => Whereabouts.Load(rig.Flash.Clone());

    private static SettingsChange Change(long version, string host = "second.example") => new() { Version = version, Way = Ways.Other(host) };

    private static void Order(NodeRig rig, byte[] signed) => rig.Link.Deliver(Topics.SettingsOrder, rig.Backend.SealSettings(signed));
}
