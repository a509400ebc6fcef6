namespace DePin.Host;

/// <summary>One line of a table about a fleet.</summary>
/// <param name="NodeId">The node's name.</param>
/// <param name="Profile">Its hardware profile.</param>
/// <param name="Place">Where it stands, in words.</param>
/// <param name="IsOnline">Whether it is logged in.</param>
/// <param name="BatteryPermille">Charge.</param>
/// <param name="HarvestedMilliwatts">Power from the panel now.</param>
/// <param name="DeliveredMilliwatts">Power to the user now.</param>
/// <param name="OutboxBatches">Batches without a receipt.</param>
/// <param name="Sequence">Number of the reading being measured.</param>
/// <param name="AcknowledgedBatches">Batches with a receipt, in this process.</param>
/// <param name="RejectedMessages">Rejects, in this process.</param>
/// <param name="LastRefusal">The last reject in words, or empty.</param>
/// <param name="LastLinkError">Why the link was lost last, or empty.</param>
/// <param name="Firmware">First 8 bytes of the SHA-256 of the bundle that runs, in hex.</param>
/// <param name="LastFirmwareError">Why a bundle was left or started anew last, or empty.</param>
public sealed record NodeSnapshot(
    string NodeId,
    string Profile,
    string Place,
    bool IsOnline,
    int BatteryPermille,
    int HarvestedMilliwatts,
    int DeliveredMilliwatts,
    int OutboxBatches,
    long Sequence,
    long AcknowledgedBatches,
    long RejectedMessages,
    string LastRefusal,
    string LastLinkError,
    string Firmware,
    string LastFirmwareError);

/// <summary>A fleet in figures.</summary>
/// <param name="Nodes">Nodes.</param>
/// <param name="NodesOnline">Of which are logged in.</param>
/// <param name="OutboxBatches">Batches without a receipt.</param>
/// <param name="AcknowledgedBatches">Batches with a receipt, in this process.</param>
/// <param name="RejectedMessages">Rejects, in this process.</param>
/// <param name="AckP50Ms">Half of the receipts came within this, real milliseconds after the batch went out first.</param>
/// <param name="AckP99Ms">99 of 100 did.</param>
public sealed record FleetTotals(
    int Nodes, int NodesOnline, long OutboxBatches, long AcknowledgedBatches, long RejectedMessages, long AckP50Ms, long AckP99Ms);
