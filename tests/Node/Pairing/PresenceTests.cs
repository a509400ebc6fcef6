using System.Security.Cryptography;
using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Pairing;
using DePin.Node.Pairing;

namespace DePin.Tests.Node.Pairing;

/// <summary>Somebody stands beside the node and presses its button as the backend asks.</summary>
public sealed class PresenceTests
{
    private static readonly byte[] Nonce = [.. Enumerable.Repeat((byte)7, PairChallenge.NonceSize)];
    private static readonly byte[] Another = [.. Enumerable.Repeat((byte)8, PairChallenge.NonceSize)];

    [Fact]
    public void The_right_number_of_presses_and_two_seconds_of_quiet_make_a_signed_answer()
    {
        using NodeRig rig = Online();
        Challenge(rig, Nonce, presses: 3);
        rig.Run(5);
        Assert.Equal(PresenceLight.Challenge, rig.Core.Presence.Light);
        Press(rig, 3);
        rig.Run(1);
        Assert.Empty(rig.Backend.Answers);
        rig.Run(9);
        PairAnswer answer = Assert.Single(rig.Backend.Answers);
        Assert.Equal(rig.Identity.Id.ToString(), answer.Node.ToString());
        Assert.Equal(rig.Backend.CurrentSession, answer.Session);
        Assert.Equal(Nonce, answer.Nonce);
        Assert.Equal(SHA256.HashData(Nonce), answer.Claim);
        Assert.Equal((3, rig.Core.Boot, rig.Core.Sequence), (answer.Presses, answer.Boot, answer.Sequence));
    }

    [Fact]
    public void An_answer_is_sent_every_ten_seconds_until_the_node_is_told_that_it_is_paired()
    {
        using NodeRig rig = Online();
        Challenge(rig, Nonce, presses: 2);
        Press(rig, 2);
        rig.Run(40);
        Assert.Equal(4, rig.Backend.Answers.Count);
        Deliver(rig, PairChallenge.Granted, Nonce);
        rig.Run(1);
        Assert.Equal(PresenceLight.Paired, rig.Core.Presence.Light);
        rig.Run(9);
        Assert.Equal(PresenceLight.Paired, rig.Core.Presence.Light);
        rig.Run(60);
        Assert.Equal(PresenceLight.None, rig.Core.Presence.Light);
        Assert.Equal(4, rig.Backend.Answers.Count);
    }

    [Theory]
    [InlineData(PairWithdrawal.Ended, PresenceLight.None)]
    [InlineData(PairWithdrawal.ClaimRefused, PresenceLight.Rejected)]
    [InlineData(PairWithdrawal.TwoAtOnce, PresenceLight.Rejected)]
    [InlineData(PairWithdrawal.AnswerRefused, PresenceLight.Rejected)]
    public void A_withdrawn_challenge_is_answered_no_more_and_the_light_tells_a_refusal(int reason, int light)
    {
        using NodeRig rig = Online();
        Challenge(rig, Nonce, presses: 2);
        Press(rig, 2);
        rig.Run(8);
        Assert.Single(rig.Backend.Answers);
        Deliver(rig, PairChallenge.Withdrawn, Nonce, reason);
        rig.Run(1);
        Assert.Equal(light, rig.Core.Presence.Light);
        rig.Run(60);
        Assert.Equal(PresenceLight.None, rig.Core.Presence.Light);
        Assert.Single(rig.Backend.Answers);
    }

    [Fact]
    public void Too_few_presses_are_waited_for_and_too_many_end_the_challenge()
    {
        using NodeRig rig = Online();
        Challenge(rig, Nonce, presses: 4);
        Press(rig, 3);
        rig.Run(30);
        Assert.Empty(rig.Backend.Answers);
        Press(rig, 2);
        rig.Run(1);
        Assert.Equal(PresenceLight.Rejected, rig.Core.Presence.Light);
        Press(rig, 4);
        rig.Run(60);
        Assert.Empty(rig.Backend.Answers);
        Challenge(rig, Another, presses: 2);
        Press(rig, 2);
        rig.Run(8);
        Assert.Equal(Another, Assert.Single(rig.Backend.Answers).Nonce);
    }

    [Fact]
    public void A_press_within_the_two_seconds_still_counts_as_one_too_many()
    {
        using NodeRig rig = Online();
        Challenge(rig, Nonce, presses: 2);
        Press(rig, 2);
        rig.Run(2);
        Press(rig, 1);
        rig.Run(60);
        Assert.Empty(rig.Backend.Answers);
    }

    [Fact]
    public void Presses_before_the_challenge_do_not_count()
    {
        using NodeRig rig = Online();
        Press(rig, 2);
        rig.Run(1);
        Challenge(rig, Nonce, presses: 3);
        Press(rig, 1);
        rig.Run(30);
        Assert.Empty(rig.Backend.Answers);
        Press(rig, 2);
        rig.Run(8);
        Assert.Equal(3, Assert.Single(rig.Backend.Answers).Presses);
    }

    [Fact]
    public void A_challenge_lives_its_seconds_and_no_longer_whether_it_was_answered_or_not()
    {
        using NodeRig rig = Online();
        Challenge(rig, Nonce, presses: 2, seconds: 20);
        rig.Run(20);
        Assert.False(rig.Core.Presence.IsOpen);
        Press(rig, 2);
        rig.Run(30);
        Assert.Empty(rig.Backend.Answers);
        Challenge(rig, Another, presses: 2, seconds: 20);
        Press(rig, 2);
        rig.Run(100);
        Assert.Equal(2, rig.Backend.Answers.Count);
        Deliver(rig, PairChallenge.Granted, Another);
        rig.Run(1);
        Assert.Equal(PresenceLight.Paired, rig.Core.Presence.Light);
    }

    [Fact]
    public void A_new_challenge_replaces_the_one_before_with_its_presses()
    {
        using NodeRig rig = Online();
        Challenge(rig, Nonce, presses: 3);
        Press(rig, 2);
        rig.Run(1);
        Challenge(rig, Another, presses: 2);
        Press(rig, 1);
        rig.Run(30);
        Assert.Empty(rig.Backend.Answers);
        Deliver(rig, PairChallenge.Granted, Nonce);
        rig.Run(1);
        Assert.Equal(PresenceLight.Challenge, rig.Core.Presence.Light);
        Press(rig, 1);
        rig.Run(8);
        Assert.Equal(Another, Assert.Single(rig.Backend.Answers).Nonce);
    }

    [Fact]
    public void After_a_lost_link_the_answer_goes_out_again_as_it_was()
    {
        using NodeRig rig = Online();
        Challenge(rig, Nonce, presses: 2);
        byte[] session = rig.Backend.CurrentSession;
        Press(rig, 2);
        rig.Run(1);
        rig.Link.IsCut = true;
        rig.Run(20);
        Assert.Empty(rig.Backend.Answers);
        rig.Link.IsCut = false;
        rig.Run(60);
        Assert.NotEqual(session, rig.Backend.CurrentSession);
        Assert.NotEmpty(rig.Backend.Answers);
        Assert.All(rig.Backend.Answers, answer => Assert.Equal(session, answer.Session));
    }

    [Fact]
    public void The_same_challenge_in_a_new_login_goes_on_where_it_was_and_is_answered_for_that_login()
    {
        using NodeRig rig = Online();
        Challenge(rig, Nonce, presses: 2, seconds: 120);
        Press(rig, 2);
        rig.Run(8);
        Assert.Single(rig.Backend.Answers);
        rig.Link.IsCut = true;
        rig.Run(2);
        rig.Link.IsCut = false;
        rig.Run(30);
        rig.Backend.Answers.Clear();
        Challenge(rig, Nonce, presses: 2);
        rig.Run(8);
        Assert.Equal(rig.Backend.CurrentSession, Assert.Single(rig.Backend.Answers).Session);
        rig.Run(90);
        Assert.False(rig.Core.Presence.IsOpen);
    }

    [Fact]
    public void Nothing_of_a_challenge_survives_a_start()
    {
        using NodeRig rig = Online();
        Challenge(rig, Nonce, presses: 2);
        Press(rig, 2);
        rig.Run(1);
        rig.Restart();
        rig.Run(60);
        Press(rig, 2);
        rig.Run(60);
        Assert.Equal(PresenceLight.None, rig.Core.Presence.Light);
        Assert.Empty(rig.Backend.Answers);
    }

    [Fact]
    public void A_wrong_seal_another_session_and_a_replay_are_no_challenge()
    {
        using NodeRig rig = Online();
        byte[] forged = rig.Backend.SealPair(PairChallenge.Challenge, Nonce, presses: 2);
        forged[^1] ^= 1;
        rig.Link.Deliver(Topics.PairChallenge, forged);
        rig.Link.Deliver(Topics.PairChallenge, rig.Backend.SealPair(PairChallenge.Challenge, Nonce, presses: 2, session: new byte[8]));
        rig.Link.Deliver(Topics.PairChallenge, rig.Backend.SealPair(PairChallenge.Challenge, Nonce, presses: 2, session: [1, 2, 3, 4, 5, 6, 7, 8]));
        byte[] old = rig.Backend.SealPair(PairChallenge.Challenge, Nonce, presses: 2);
        rig.Link.Deliver(Topics.Receipt, rig.Backend.SealReceipt());
        rig.Link.Deliver(Topics.PairChallenge, old);
        rig.Run(1);
        Press(rig, 2);
        rig.Run(30);
        Assert.Equal(PresenceLight.None, rig.Core.Presence.Light);
        Assert.Empty(rig.Backend.Answers);
        Assert.Equal((1L, 2L), (rig.Core.Counts.Forged, rig.Core.Counts.Replayed));
    }

    [Fact]
    public void A_batch_that_closes_takes_the_signer_and_both_are_signed()
    {
        using NodeRig rig = Online();
        rig.Signer.Steps = 40;
        while (rig.Core.Sequence != 12)
        {
            rig.Run(1);
        }

        // The last reading of the batch closes 300 s on, in the middle of the answer's signature.
        rig.Run(270);
        Challenge(rig, Nonce, presses: 2);
        Press(rig, 2);
        rig.Run(10);
        Assert.True(rig.Core.Presence.IsSigning);
        rig.Run(100);
        Assert.NotEmpty(rig.Backend.Answers);
        Assert.Single(rig.Backend.Stored);
        rig.Finish();
        rig.AssertNoSequenceSignedTwice();
        Assert.All(rig.Backend.Readings, reading => Assert.Equal(0, reading.Flags & ReadingFlags.SensorFault));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_gap_and_an_answer_are_signed_one_after_the_other(bool gapComesFirst)
    {
        using NodeRig rig = Online();
        rig.Run(7400);
        Assert.Equal(2, rig.Backend.Stored.Count);
        rig.LoseBatch(1);
        rig.Restart();
        rig.Run(60);
        Assert.True(rig.Core.IsOnline);
        rig.Backend.RestoreTo(0);
        rig.Signer.Steps = 20;
        if (gapComesFirst)
        {
            AskForWhatIsLost();
        }

        Challenge(rig, Nonce, presses: 2);
        Press(rig, 2);
        rig.Run(6);
        Assert.True(rig.Core.IsSigning);
        Assert.Equal(!gapComesFirst, rig.Core.Presence.IsSigning);
        if (!gapComesFirst)
        {
            AskForWhatIsLost();
        }

        rig.Run(100);
        Assert.NotEmpty(rig.Backend.Answers);
        Assert.Single(rig.Backend.Gaps);
        Assert.Equal(1, rig.Core.Counts.Gaps);
        rig.Finish();

        void AskForWhatIsLost()
        {
            rig.Link.Deliver(Topics.Receipt, rig.Backend.SealReceipt());
            rig.Run(2);
        }
    }

    private static NodeRig Online()
    {
        var rig = new NodeRig();
        rig.Run(10);
        Assert.True(rig.Core.IsOnline);
        return rig;
    }

    private static void Challenge(NodeRig rig, byte[] nonce, int presses, int seconds = 120)
    {
        rig.Link.Deliver(Topics.PairChallenge, rig.Backend.SealPair(PairChallenge.Challenge, nonce, presses, seconds));
        rig.Core.Tick(rig.Clock);
    }

    private static void Deliver(NodeRig rig, int kind, byte[] nonce, int reason = 0) =>
        rig.Link.Deliver(Topics.PairChallenge, rig.Backend.SealPair(kind, nonce, reason: reason));

    private static void Press(NodeRig rig, int times) => rig.Button.Presses += times;
}
