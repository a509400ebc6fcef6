using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Fleet.Care;
using DePin.Fleet.Nodes;
using DePin.Host.Lives;

namespace DePin.Tests.Care;

/// <summary>Worn batteries are told from good ones by what real cores measured over nights with light.</summary>
public sealed class BatteryCapacityTests
{
    [Theory]
    [InlineData("lamp-small", 7)]
    [InlineData("ecandle-1", 3)]
    [InlineData("airnode", 8)]
    public void A_battery_that_holds_what_it_was_built_with_is_never_named_and_one_that_lost_most_of_it_is(string name, int seed)
    {
        Profile profile = Profile.ByName[name];
        Batch[] batches = Live(name, seed);
        Assert.Empty(Findings(profile, batches));
        Assert.Empty(Findings(profile with { BatteryMilliwattHours = profile.BatteryMilliwattHours * 4 / 3 }, batches));

        // The same nights, had the battery been built to hold two and a half times as much.
        string[] worn = Findings(profile with { BatteryMilliwattHours = profile.BatteryMilliwattHours * 5 / 2 }, batches);
        Assert.NotEmpty(worn);
        Assert.All(worn, finding => Assert.Contains("it holds", finding, StringComparison.Ordinal));
    }

    [Fact]
    public void Absurd_readings_neither_overflow_nor_name_a_battery()
    {
        Profile profile = Profile.ByName["lamp-small"];
        Batch batch = Live("lamp-small", 7)[0];
        foreach (Reading reading in batch.Readings)
        {
            reading.HarvestedMilliwattHours = 0;
            reading.DeliveredMilliwattHours = (1L << 53) - 1;
        }

        Assert.Empty(Findings(profile, [batch, batch]));
    }

    private static string[] Findings(Profile profile, Batch[] batches)
    {
        var capacity = new BatteryCapacity();
        return [.. batches.Select(batch => capacity.Add(1, profile, batch)).OfType<string>()];
    }

    private static Batch[] Live(string profile, int seed)
    {
        LivedLife life = NodeLife.Run(new LifeOptions { Seed = seed, Days = 20, Profile = profile }, progress: null, TestContext.Current.CancellationToken);
        return [.. life.Messages.Where(message => message.Part == Topics.Batch).Select(message =>
        {
            SignedMessage signed = SignedMessage.Decode(message.Message, MeteringLimits.SignedBatchBytes, out _)!;
            return Batch.Decode(message.Message, signed.PayloadOffset, signed.PayloadLength, out _)!;
        })];
    }
}
