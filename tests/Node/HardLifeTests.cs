using DePin.Contracts.Uplink;
using DePin.Tests.Node.Fakes;

namespace DePin.Tests.Node;

/// <summary>Seeded lives in which everything goes wrong at random; in the end the chain is whole and nothing waits.</summary>
public sealed class HardLifeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_happens_in_two_days_all_that_is_left_is_stored_and_no_number_is_signed_twice(int firstSeed)
    {
        for (int seed = firstSeed * 100; seed < (firstSeed * 100) + 6; seed++)
        {
            using var rig = new NodeRig();
            var random = new Random(seed);
            rig.Sensors.Measure = (_, sample) => sample.DeliveredMicrowatts = 1000 * random.Next(-50, 3000);
            long end = rig.TrueUnixSeconds + 2 * 86_400;
            while (rig.TrueUnixSeconds < end)
            {
                Befall(rig, random);
                if (rig.RunsIntoCut(random.Next(60, 5000)))
                {
                    Start(rig, random);
                }
            }

            Recover(rig);
            rig.Run(3900);
            rig.Finish();
            rig.AssertNoSequenceSignedTwice();
            Assert.Empty(rig.Backend.Evidence);
        }
    }

    private static void Befall(NodeRig rig, Random random)
    {
        switch (random.Next(9))
        {
            case 0:
                rig.Link.IsCut = !rig.Link.IsCut;
                break;
            case 1:
                rig.Backend.IsSilent = !rig.Backend.IsSilent;
                break;
            case 2:
                rig.Backend.IsFull = !rig.Backend.IsFull;
                break;
            case 3:
                rig.HasNetworkTime = !rig.HasNetworkTime;
                break;
            case 4:
                rig.Flash.CutAt = rig.Flash.Changes + random.Next(1, 30);
                rig.Flash.CutLeaves = (CutLeaves)random.Next(3);
                break;
            case 5:
                rig.Backend.RestoreTo(random.Next(rig.Backend.Stored.Count + 1));
                rig.Link.Close();
                break;
            case 6:
                long odd = random.Next(2);
                rig.Backend.Refuses = batch => batch.Sequence % 3 == odd ? RejectReason.Malformed : null;
                break;
            case 7:
                rig.Signer.Steps = random.Next(1, 2000);
                break;
            default:
                Recover(rig);
                break;
        }
    }

    private static void Recover(NodeRig rig)
    {
        rig.Link.IsCut = false;
        rig.Backend.IsSilent = false;
        rig.Backend.IsFull = false;
        rig.Backend.Refuses = _ => null;
        rig.Signer.Steps = 3;
        rig.Flash.CutAt = 0;
    }

    private static void Start(NodeRig rig, Random random)
    {
        rig.Flash.CutAt = rig.Flash.Changes + random.Next(1, 4);
        try
        {
            rig.Restart(random.Next(1, 10_000));
        }
        catch (PowerCutException)
        {
            rig.Flash.CutAt = 0;
            rig.Restart();
        }

        rig.Flash.CutAt = 0;
    }
}
