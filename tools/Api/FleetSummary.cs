using System.Numerics;
using System.Text.Json.Serialization;

namespace DePin.Tools.Api;

/// <summary>GET /api/summary: the whole fleet in figures. Amounts are micro-credits.</summary>
internal sealed record FleetSummary
{
    public long Nodes { get; init; }

    public long NodesOnline { get; init; }

    public long BatchesStored { get; init; }

    public long Readings { get; init; }

    public long ReadingsCredited { get; init; }

    public Dictionary<string, long> ReadingsHeld { get; init; } = [];

    public Dictionary<string, long> ReadingsRefused { get; init; } = [];

    public long ReadingsWithoutVerdict { get; init; }

    public string CreditedMicro { get; init; } = "0";

    public string LedgerSum { get; init; } = "0";

    public long ReceiptsSent { get; init; }

    public long VerdictBacklog { get; init; }

    public long BatchesForked { get; init; }

    public Dictionary<string, long> MessagesRejected { get; init; } = [];

    [JsonIgnore]
    public BigInteger CreditedMicroAmount => BigInteger.Parse(CreditedMicro);

    [JsonIgnore]
    public BigInteger LedgerSumAmount => BigInteger.Parse(LedgerSum);
}
