using System.Text.Json;
using DePin.Host;
using DePin.Tools.Api;

namespace DePin.Tools.Demo;

/// <summary>The closing figures of a run, as one JSON object. Amounts are micro-credits.</summary>
internal sealed record DemonstrationResult(
    long Nodes,
    long BatchesStored,
    long Readings,
    long ReadingsCredited,
    IReadOnlyDictionary<string, long> ReadingsHeld,
    IReadOnlyDictionary<string, long> ReadingsRefused,
    long ReadingsWithoutVerdict,
    long CreditedMicro,
    long LedgerSum,
    long ReceiptsSent,
    long P99AckMs)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static DemonstrationResult Of(FleetSummary summary, FleetTotals totals) => new(
        summary.Nodes,
        summary.BatchesStored,
        summary.Readings,
        summary.ReadingsCredited,
        summary.ReadingsHeld,
        summary.ReadingsRefused,
        summary.ReadingsWithoutVerdict,
        (long)summary.CreditedMicroAmount,
        (long)summary.LedgerSumAmount,
        summary.ReceiptsSent,
        totals.AckP99Ms);

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}
