using System.Diagnostics;
using System.Security.Cryptography;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Fleet.Nodes;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Upkeep;

/// <summary>What all single-node rules cost for a batch of 12 readings, beside its signature in the same run.</summary>
internal static class VerdictBench
{
    private const int Nodes = 200;
    private const int ReadingsPerBatch = 12;

    public static object Run(int batches)
    {
        Profile profile = Profile.ByName["lamp-small"];
        var settings = new VerificationSettings();
        var firmware = new FirmwareBook([new FirmwareRelease("0102030405060708", 0, null, false, null)]);
        PairedTime[] paired = [new PairedTime(0, long.MaxValue, -0.09, 34.77)];
        var states = new NodeVerdictState[Nodes];
        Array.Fill(states, new NodeVerdictState());
        long ticks = 0;
        long credited = 0;
        var random = new Random(7);
        for (int i = 0; i < batches; i++)
        {
            Batch batch = Next(i / Nodes, states[i % Nodes], random);
            var about = new Circumstances(profile, paired, null, FollowsGap: false, (batch.OpenedUnixSeconds + 3700) * 1000) { Firmware = firmware, VisitedUnixMilliseconds = 1 };
            long began = Stopwatch.GetTimestamp();
            (Verdict[] verdicts, states[i % Nodes]) = Judge.Of(batch, about, states[i % Nodes], settings);
            ticks += Stopwatch.GetTimestamp() - began;
            credited += verdicts.Count(verdict => verdict.Outcome == Outcome.Credited);
        }

        double verdict = ticks * 1e6 / Stopwatch.Frequency / batches;
        double signature = SignatureMicroseconds();
        return new
        {
            batches,
            creditedPermille = credited * 1000 / ((long)batches * ReadingsPerBatch),
            verdictMicroseconds = Math.Round(verdict, 2),
            signatureMicroseconds = Math.Round(signature, 2),
            ratio = Math.Round(verdict / signature, 3),
            stateBytes = StateBytes.Write(states[0]).Length,
            stateBytesMax = StateBytes.MaxBytes,
        };
    }

    // Days of sun and nights of light, so that every rule has something to look at.
    private static Batch Next(int number, NodeVerdictState state, Random random)
    {
        long opened = 1_790_000_100 + (number * 3600L);
        var sun = new Sun(opened);
        var readings = new Reading[ReadingsPerBatch];
        for (int i = 0; i < readings.Length; i++)
        {
            double height = sun.ElevationDegrees(-0.09, 34.77, opened + (i * 300) + 150);
            long harvested = height <= 0 ? 0 : (long)(250 * Math.Sin(height * Math.PI / 180)) + random.Next(10);
            readings[i] = new Reading { Seconds = 300, HarvestedMilliwattHours = harvested, DeliveredMilliwattHours = height <= 0 ? 60 + random.Next(5) : random.Next(5), BatteryPermille = 700, BatteryMillivolts = 3280 };
        }

        Batch batch = Batch.Create(
            NodeId.FromKeyHash(new byte[32]), [1, 2, 3, 4, 5, 6, 7, 8], new byte[32],
            new Counters(state.HarvestedMilliwattHours, state.DeliveredMilliwattHours, state.ImportedMilliwattHours), readings);
        batch.Boot = 1;
        batch.Sequence = 1 + (number * (long)ReadingsPerBatch);
        batch.OpenedUnixSeconds = opened;
        batch.UptimeSeconds = number * 3600L;
        batch.Clock = ClockState.Fresh;
        batch.Profile = 1;
        return batch;
    }

    private static double SignatureMicroseconds()
    {
        const int Count = 4000;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] hash = SHA256.HashData([1]);
        byte[] signature = key.SignHash(hash);
        SignatureForm.MakeLow(signature);
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < Count; i++)
        {
            key.VerifyHash(hash, signature);
        }

        return Stopwatch.GetElapsedTime(began).TotalMicroseconds / Count;
    }
}
