using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Upkeep;

/// <summary>What must be stored of a batch.</summary>
internal sealed class ExpectedBatch
{
    private readonly JudgedBatch _judged;
    private readonly Dictionary<long, string> _holdStates = [];
    private readonly List<Segment> _segments;

    private ExpectedBatch(JudgedBatch judged)
    {
        _judged = judged;
        _segments = [.. judged.Segments];
        Runs = VerdictRun.Of(judged);
        Holds = [.. HoldRow.Of(judged)];
    }

    /// <summary>Readings that are not simply credited.</summary>
    public IReadOnlyList<VerdictRun> Runs { get; private set; }

    /// <summary>What was held when it was judged.</summary>
    public IReadOnlyList<HoldRow> Holds { get; }

    /// <summary>When it opened.</summary>
    public long OpenedUnixSeconds => _judged.OpenedUnixSeconds;

    /// <summary>What earns, in the order of the readings.</summary>
    public IEnumerable<ExpectedSegment> Segments => _segments.OrderBy(segment => segment.FirstReading).Select(segment => new ExpectedSegment(segment, _judged.Batch.Sequence));

    /// <summary>Readings by outcome, as if all were funded.</summary>
    public (int Credited, int Held, int Refused) Counts
    {
        get
        {
            int held = Runs.Where(run => run.Outcome == Outcome.Held).Sum(run => run.Count);
            int refused = Runs.Where(run => run.Outcome == Outcome.Refused).Sum(run => run.Count);
            return (_judged.Verdicts.Length - held - refused, held, refused);
        }
    }

    /// <summary>What follows from judging it.</summary>
    public static ExpectedBatch Of(JudgedBatch judged) => new(judged);

    /// <summary>Applies a decision.</summary>
    public void Apply(HoldRow hold, HeldReadings readings)
    {
        _holdStates[hold.Id] = readings.Released > 0 ? "released" : "refused";
        _segments.AddRange(readings.Segments);
        Runs = readings.Redetailed(Runs, _judged.Batch.Sequence);
    }

    /// <summary>The holds as they must be stored.</summary>
    public IEnumerable<string> HoldTexts() => Holds.Select(hold => $"{hold.Id} {hold.NameText} {hold.Readings} {hold.Parts} {hold.BeneathText} {hold.BeneathFigures} {hold.CoveredUntilUnixSeconds} {_holdStates.GetValueOrDefault(hold.Id, "open")}");
}

/// <summary>A segment that must be stored, and its transfers.</summary>
internal sealed record ExpectedSegment(Segment Segment, long Sequence)
{
    /// <summary>As <see cref="RebuildStore.Segments"/> writes it.</summary>
    public string Text =>
        $"{Sequence + Segment.FirstReading}-{Sequence + Segment.LastReading} pairing {Segment.Terms.Pairing.Id} agreement {Segment.Terms.AgreementVersion.Id} tariff {Segment.Terms.TariffVersion.Id} "
        + $"opened {Segment.OpenedUnixSeconds}: {Segment.MilliwattHours} mWh, {Segment.ServedSeconds} s, {Segment.EnergyMicro} + {Segment.ServiceMicro}";

    /// <summary>As <see cref="RebuildStore.Transfers"/> writes them.</summary>
    public string[] Transfers(byte[] payloadHash)
    {
        var transfers = new List<string>();
        foreach ((string kind, long amount) in ((string, long)[])[(Ledger.Transfers.Energy, Segment.EnergyMicro), (Ledger.Transfers.Service, Segment.ServiceMicro)])
        {
            foreach (Leg leg in Leg.Of(amount, Segment.Terms.Operator, Segment.Terms.CapitalBuilder, Segment.Terms.Agreement))
            {
                byte[] id = Ledger.Transfers.IdOf(kind, payloadHash, (byte)Segment.Number, leg.Number, generation: 0);
                transfers.Add($"{Convert.ToHexStringLower(id)} {kind} {leg.Micro} from issued to {leg.Account}");
            }
        }

        return [.. transfers.Order(StringComparer.Ordinal)];
    }
}
