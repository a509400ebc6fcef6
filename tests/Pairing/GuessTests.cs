using System.Diagnostics;
using System.Net;
using DePin.Contracts.Pairing;
using DePin.Fleet.Pairing;
using DePin.Fleet.People;
using DePin.Tests.Support;

namespace DePin.Tests.Pairing;

/// <summary>A thousand claims guessed, against one node and against many; the figures are printed.</summary>
public sealed class GuessTests
{
    private const int Guesses = 1000;

    [Theory]
    [InlineData(1)]
    [InlineData(25)]
    public async Task A_thousand_guessed_claims_are_limited_audited_and_in_vain_and_the_owner_comes_in_at_once(int nodes)
    {
        await using PairingRig rig = await PairingRig.StartAsync();
        var targets = new List<(TestNode Node, string Label)>();
        for (int i = 0; i < nodes; i++)
        {
            targets.Add(await rig.RegisterAsync());
        }

        using PagesClient guesser = await PagesClient.JoinedAsync(rig.Backend, "mallory", Roles.Operator);
        using PagesClient owner = await PagesClient.JoinedAsync(rig.Backend, "otieno", Roles.Operator);
        (HttpStatusCode _, string form) = await guesser.GetAsync(targets[0].Label);
        var random = new Random(7);
        var counts = new Dictionary<HttpStatusCode, int>();
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < Guesses; i++)
        {
            byte[] bytes = new byte[Claim.Size];
            random.NextBytes(bytes);
            string guess = $"/p/{targets[i % targets.Count].Node.Id}/{Claim.FromBytes(bytes, 0).ToText()}";
            HttpStatusCode status = (await guesser.PostAsync(guess, new(PairingRig.Site) { ["__RequestVerificationToken"] = PagesClient.TokenIn(form) })).Status;
            counts[status] = counts.GetValueOrDefault(status) + 1;
        }

        TimeSpan took = Stopwatch.GetElapsedTime(began);
        long audited = rig.Number("SELECT count(*) FROM audit WHERE by = 'mallory' AND what LIKE 'showed %'");
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{Guesses} guesses at {nodes} node(s): {counts.GetValueOrDefault(HttpStatusCode.Conflict)} looked at and refused, {counts.GetValueOrDefault(HttpStatusCode.TooManyRequests)} not looked at, "
            + $"{audited} audited, {rig.Number("SELECT count(*) FROM pairing")} paired; {took.TotalSeconds:0.0} s");
        Assert.Equal(new Dictionary<HttpStatusCode, int> { [HttpStatusCode.Conflict] = ClaimRates.WrongAllowed, [HttpStatusCode.TooManyRequests] = Guesses - ClaimRates.WrongAllowed }, counts);
        Assert.Equal(ClaimRates.WrongAllowed, audited);
        Assert.Equal(1, rig.Number("SELECT count(*) FROM audit WHERE by = 'mallory' AND what = 'showed too many wrong claims'"));
        Assert.Equal(0, rig.Number("SELECT count(*) FROM pairing"));
        Assert.DoesNotContain(targets, target => rig.Number($"SELECT count(*) FROM audit WHERE about LIKE '%{target.Label.Split('/')[3]}%'") > 0);

        // Behind the same address, as phones in a mobile network are.
        await rig.PairAsync(targets[0].Node, targets[0].Label, owner);
        Assert.Equal(1, rig.Number("SELECT count(*) FROM pairing WHERE operator = 'otieno'"));
    }

    [Fact]
    public void An_address_over_its_limit_stops_only_who_guessed_and_a_person_is_stopped_at_every_address()
    {
        using var rates = new ClaimRates();
        for (int i = 0; i < ClaimRates.WrongAllowed; i++)
        {
            Assert.True(rates.MayTry("mallory", "10.0.0.1"));
            rates.CountWrong("mallory", "10.0.0.1");
        }

        Assert.False(rates.MayTry("mallory", "10.0.0.1"));
        Assert.False(rates.MayTry("mallory", "10.0.0.2"));
        Assert.True(rates.MayTry("otieno", "10.0.0.1"));
        for (int i = 0; i < ClaimRates.WrongAllowedBehindBusyAddress; i++)
        {
            rates.CountWrong("otieno", "10.0.0.1");
        }

        Assert.False(rates.MayTry("otieno", "10.0.0.1"));
        Assert.True(rates.MayTry("otieno", "10.0.0.2"));
    }
}
