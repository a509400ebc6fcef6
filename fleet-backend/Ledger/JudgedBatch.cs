using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Fleet.Crediting;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>A stored batch as the books read it; <paramref name="Message"/> is null where an archive has its bytes.</summary>
internal sealed record StoredBatch(long Id, long Node, long ArrivedUnixMilliseconds, bool FollowsGap, byte[] PayloadHash, byte[]? Message)
{
    /// <summary>The batch in the signed bytes.</summary>
    /// <exception cref="InvalidDataException">The bytes are not what ingest stored: it decoded them before.</exception>
    public Batch Decode()
    {
        byte[] bytes = Message ?? throw new InvalidDataException($"The signed bytes of batch {Id} are not in the database.");
        SignedMessage? message = SignedMessage.Decode(bytes, MeteringLimits.SignedBatchBytes, out DecodeError error);
        Batch? batch = message is null ? null : Batch.Decode(bytes, message.PayloadOffset, message.PayloadLength, out error);
        return batch ?? throw new InvalidDataException($"The stored batch {Id} cannot be read: {error}.");
    }
}

/// <summary>A batch with its verdicts and what it earns, ready to be booked.</summary>
internal sealed record JudgedBatch(
    StoredBatch Stored, Batch Batch, long OpenedUnixSeconds, Verdict[] Verdicts, NodeVerdictState StateAfter, IReadOnlyList<Segment> Segments)
{
    private const long SecondsPerQuarter = 900;

    /// <summary>The boot whose readings this batch dates, or shows to stay without a date; else <see cref="NodeVerdictState.NoBoot"/>.</summary>
    public long SettlesBoot { get; private init; } = NodeVerdictState.NoBoot;

    /// <summary>For a batch without a date: up to when readings were known as it came; else null.</summary>
    public long? CoveredUntilUnixSeconds { get; private init; }

    /// <summary>Micro-credits it earns.</summary>
    public long WholeMicro => Segments.Sum(segment => segment.WholeMicro);

    /// <summary>Judges and credits one batch. Pure.</summary>
    public static JudgedBatch Of(StoredBatch stored, NodeFile node, FirmwareBook firmware, NodeVerdictState state, VerificationSettings settings)
    {
        Batch batch = stored.Decode();
        Circumstances circumstances = node.About(stored, firmware);
        (Verdict[] verdicts, NodeVerdictState after) = Judge.Of(batch, circumstances, state, settings);
        var earnings = new List<Earning>(verdicts.Length);
        for (int i = 0; i < verdicts.Length; i++)
        {
            // Whatever is credited was paired at that time, so there are terms.
            if (verdicts[i].Outcome == Outcome.Credited)
            {
                Verdict verdict = verdicts[i];
                earnings.Add(new Earning(i, Terms.At(node.Terms, verdict.AtUnixSeconds)!, verdict.CreditableMilliwattHours, verdict.ServedSeconds, verdict.AtUnixSeconds));
            }
        }

        bool isTimed = batch.Clock != ClockState.NeverSet;
        return new JudgedBatch(stored, batch, isTimed ? batch.OpenedUnixSeconds : circumstances.ArrivedUnixSeconds - batch.Seconds(), verdicts, after, Credit.Of(earnings))
        {
            CoveredUntilUnixSeconds = isTimed ? null : state.CoveredUntilUnixSeconds,
            SettlesBoot = isTimed || batch.Boot != state.UndatedBoot ? state.UndatedBoot : NodeVerdictState.NoBoot,
        };
    }

    /// <summary>The believed energy by quarters of an hour.</summary>
    public IEnumerable<EnergyQuarter> Quarters()
    {
        long opened = OpenedUnixSeconds;
        for (int i = 0; i < Verdicts.Length; i++)
        {
            Reading reading = Batch.Readings[i];
            if (Verdicts[i].IsBelieved)
            {
                yield return new EnergyQuarter(opened / SecondsPerQuarter, reading.HarvestedMilliwattHours, reading.DeliveredMilliwattHours);
            }

            opened += reading.Seconds;
        }
    }
}

/// <summary>Energy in one quarter of an hour since 1970.</summary>
public readonly record struct EnergyQuarter(long Quarter, long HarvestedMilliwattHours, long DeliveredMilliwattHours);
