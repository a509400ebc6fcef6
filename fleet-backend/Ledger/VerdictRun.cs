using System.Text.Json;
using System.Text.Json.Serialization;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>A run of readings with the same verdict, as stored and shown.</summary>
/// <param name="First">Sequence number of the first reading.</param>
/// <param name="Count">Readings in the run.</param>
/// <param name="Outcome">What becomes of them.</param>
/// <param name="Name">Why.</param>
/// <param name="Figures">The figures that decided over the first of them: stored with their values apart, shown as a sentence.</param>
/// <param name="UncreditedMilliwattHours">Energy delivered in them that earned nothing, or nothing yet.</param>
/// <param name="Decision">Who decided over what was held, when and why; null where nothing was held or nobody decided yet.</param>
public sealed record VerdictRun(
    long First,
    int Count,
    [property: JsonConverter(typeof(JsonStringEnumConverter<Outcome>))] Outcome Outcome,
    [property: JsonConverter(typeof(JsonStringEnumConverter<VerdictName>))] VerdictName Name,
    string? Figures,
    long UncreditedMilliwattHours,
    string? Decision = null)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>The runs of a verdict's detail; none for null.</summary>
    public static IReadOnlyList<VerdictRun> Read(string? detail) => detail is null ? [] : JsonSerializer.Deserialize<List<VerdictRun>>(detail, Json)!;

    /// <summary>The run as people see it.</summary>
    public VerdictRun Shown() => this with { Figures = Sentence.Read(Figures) };

    /// <summary>The same as a verdict's detail, null for none.</summary>
    public static string? Write(IReadOnlyList<VerdictRun> runs) => runs.Count == 0 ? null : JsonSerializer.Serialize(runs, Json);

    /// <summary>The readings of a batch that are not simply credited.</summary>
    internal static List<VerdictRun> Of(JudgedBatch judged)
    {
        var runs = new List<VerdictRun>();
        for (int i = 0; i < judged.Verdicts.Length; i++)
        {
            Verdict verdict = judged.Verdicts[i];
            if (verdict.Name == VerdictName.Credited)
            {
                continue;
            }

            Add(runs, judged.Batch.Sequence + i, verdict, judged.Batch.Readings[i].DeliveredMilliwattHours, () => null, decision: null);
        }

        return runs;
    }

    /// <summary>Adds a reading to the last run where it goes on, or begins one.</summary>
    /// <param name="runs">The runs so far.</param>
    /// <param name="sequence">Sequence number of the reading.</param>
    /// <param name="verdict">What became of it.</param>
    /// <param name="deliveredMilliwattHours">What it says was delivered.</param>
    /// <param name="otherFigures">Figures for a verdict without its own.</param>
    /// <param name="decision">Who decided and why, or null.</param>
    internal static void Add(List<VerdictRun> runs, long sequence, Verdict verdict, long deliveredMilliwattHours, Func<string?> otherFigures, string? decision)
    {
        long uncredited = verdict.Outcome == Outcome.Credited ? deliveredMilliwattHours - verdict.CreditableMilliwattHours : deliveredMilliwattHours;
        if (runs.Count > 0 && runs[^1] is { } last && last.Name == verdict.Name && last.Outcome == verdict.Outcome && last.First + last.Count == sequence)
        {
            // Refused readings may claim anything below 2^53 each; 96 of them fit.
            runs[^1] = last with { Count = last.Count + 1, UncreditedMilliwattHours = last.UncreditedMilliwattHours + uncredited };
        }
        else
        {
            runs.Add(new VerdictRun(sequence, 1, verdict.Outcome, verdict.Name, verdict.Because?.Stored ?? otherFigures(), uncredited, decision));
        }
    }

    /// <summary>The readings from first to last that the runs leave to be credited, as runs that wait for funds.</summary>
    internal static IEnumerable<VerdictRun> Unfunded(IReadOnlyList<VerdictRun> runs, long first, long last, string figures)
    {
        foreach (VerdictRun run in runs.Where(run => run.Outcome != Outcome.Credited).Append(new VerdictRun(last + 1, 0, Outcome.Held, VerdictName.Unfunded, null, 0)))
        {
            if (run.First > first)
            {
                yield return new VerdictRun(first, (int)(run.First - first), Outcome.Held, VerdictName.Unfunded, figures, 0);
            }

            first = run.First + run.Count;
        }
    }
}
