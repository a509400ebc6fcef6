using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Host.Lives;
using DePin.Tools.Api;

namespace DePin.Tools.Lives;

/// <summary>A life in figures, for machines and for people.</summary>
internal static class LifeReport
{
    public static string Json(LifeResult life, FleetSummary? verdicts)
    {
        JsonObject report = JsonSerializer.SerializeToNode(life, JsonSerializerOptions.Web)!.AsObject();
        if (verdicts is not null)
        {
            report["verdicts"] = JsonSerializer.SerializeToNode(
                new
                {
                    verdicts.BatchesStored,
                    verdicts.Readings,
                    credited = verdicts.ReadingsCredited,
                    held = verdicts.ReadingsHeld,
                    refused = verdicts.ReadingsRefused,
                    verdicts.CreditedMicro,
                    verdicts.LedgerSum,
                    verdicts.MessagesRejected,
                },
                JsonSerializerOptions.Web);
        }

        return report.ToJsonString();
    }

    public static string Text(LifeResult life, FleetSummary? verdicts) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {life.Days} days of a {life.Profile} from seed {life.Seed}, lived in {life.Seconds} s
        {life.Readings} readings, {life.Counts.Batches} batches sent, {life.Counts.Gaps} gaps, {life.Counts.BatchesDropped} batches dropped, {life.BatchesWaiting} waiting
        {life.Boots} starts: {life.Counts.PowerCuts} power cuts, {life.Counts.Restarts} announced; {life.Counts.Outages} link outages, {life.Counts.LinksLost} links lost, {life.Counts.Pauses} pauses
        harvested {life.HarvestedMilliwattHours} mWh ({life.HarvestedErrorPartsPerMillion} ppm off), delivered {life.DeliveredMilliwattHours} mWh ({life.DeliveredErrorPartsPerMillion} ppm off)
        lost in readings that a cut interrupted {life.LostAtCutsMilliwattHours} mWh, unmeasured {life.UnmeasuredMilliwattHours} mWh
        {life.FlashWrites} files written ({life.FlashBytes} bytes), {life.FlashDeletions} removed; the core holds at most {life.LiveBytesLargest} bytes
        {(verdicts is null ? "not judged" : $"{verdicts.ReadingsCredited} of {verdicts.Readings} readings credited; held {Names(verdicts.ReadingsHeld)}; refused {Names(verdicts.ReadingsRefused)}")}
        all signed bytes: SHA-256 {life.Sha256}
        {(life.Breaches.Count == 0 ? "No rule of the chain was broken." : string.Join('\n', life.Breaches))}
        """);

    private static string Names(Dictionary<string, long> counts) =>
        counts.Count == 0 ? "none" : string.Join(", ", counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Value} {count.Key}"));
}
