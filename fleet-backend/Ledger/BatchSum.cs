using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>Adds the verdicts of a batch up to what is booked. Pure.</summary>
internal static class BatchSum
{
    /// <summary>The sums, the amounts and the runs of readings that are not simply credited; unfunded where funds do not reach.</summary>
    public static BookedVerdict Of(JudgedBatch judged, long availableMicro)
    {
        long energy = 0;
        long seconds = 0;
        int credited = 0;
        int held = 0;
        foreach (Verdict verdict in judged.Verdicts)
        {
            if (verdict.Outcome == Outcome.Credited)
            {
                energy += verdict.CreditableMilliwattHours;
                seconds += verdict.ServedSeconds;
                credited++;
            }
            else if (verdict.Outcome == Outcome.Held)
            {
                held++;
            }
        }

        int refused = judged.Verdicts.Length - credited - held;
        long energyMicro = judged.Tariff.ForEnergy(energy);
        long serviceMicro = judged.Tariff.ForService(seconds);
        bool isUnfunded = energyMicro + serviceMicro > availableMicro;
        List<VerdictRun> runs = Runs(judged, isUnfunded, energyMicro + serviceMicro, availableMicro);
        return isUnfunded
            ? new BookedVerdict(0, held + credited, refused, energy, seconds, energyMicro, serviceMicro, true, runs)
            : new BookedVerdict(credited, held, refused, energy, seconds, energyMicro, serviceMicro, false, runs);
    }

    private static List<VerdictRun> Runs(JudgedBatch judged, bool isUnfunded, long neededMicro, long availableMicro)
    {
        var runs = new List<VerdictRun>();
        for (int i = 0; i < judged.Verdicts.Length; i++)
        {
            Verdict verdict = judged.Verdicts[i];
            if (verdict.Outcome == Outcome.Credited)
            {
                if (!isUnfunded)
                {
                    continue;
                }

                verdict = verdict with { Outcome = Outcome.Held, Name = VerdictName.Unfunded, Figures = $"{neededMicro} micro-credits earned, {availableMicro} funded" };
            }

            long sequence = judged.Sequence + i;
            if (runs.Count > 0 && runs[^1] is { } last && last.Name == verdict.Name && last.First + last.Count == sequence)
            {
                runs[^1] = last with { Count = last.Count + 1 };
            }
            else
            {
                runs.Add(new VerdictRun(sequence, 1, verdict.Outcome, verdict.Name, verdict.Figures));
            }
        }

        return runs;
    }
}
