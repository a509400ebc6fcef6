using System.Data.Common;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ledger;

/// <summary>How a decision over held readings stands in the log of events.</summary>
internal static class HeldEvents
{
    /// <summary>Its kind.</summary>
    public const string Kind = "decision";

    /// <summary>Records it.</summary>
    public static void Record(DbConnection connection, HoldRow hold, StoredBatch stored, Decision decision, HeldReadings readings, long now) =>
        EventStore.Record(connection, now, Kind, hold.Node, decision.By, new HeldDecision(
            Convert.ToHexStringLower(stored.PayloadHash), hold.Id, hold.NameText, hold.First, hold.Readings, decision.IsReleased, decision.Reason, decision.BootedUnixSeconds,
            readings.Released, readings.Refused));
}

/// <summary>A decision as recorded.</summary>
/// <param name="PayloadHash">The batch.</param>
/// <param name="Hold">Number of the hold.</param>
/// <param name="Name">Why it was held.</param>
/// <param name="First">Number of the first reading in the batch.</param>
/// <param name="Readings">How many.</param>
/// <param name="IsReleased">What was decided.</param>
/// <param name="Reason">Why.</param>
/// <param name="BootedUnixSeconds">When the boot began, for readings that were dated by it.</param>
/// <param name="Released">Readings that earn by it.</param>
/// <param name="Refused">Readings that do not.</param>
internal sealed record HeldDecision(
    string PayloadHash, long Hold, string Name, int First, int Readings, bool IsReleased, string Reason, long? BootedUnixSeconds, int Released, int Refused);
