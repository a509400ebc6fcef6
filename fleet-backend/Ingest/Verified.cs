using DePin.Contracts.Metering;
using DePin.Contracts.Uplink;

namespace DePin.Fleet.Ingest;

/// <summary>A message whose bytes are judged: either refused, or a batch or a gap with a valid signature of its node.</summary>
internal sealed class Verified(Incoming incoming)
{
    public Incoming Incoming { get; } = incoming;

    public NodeChain? Chain { get; set; }

    /// <summary>A batch's place, or null.</summary>
    public Link? Link { get; init; }

    /// <summary>A gap, or null.</summary>
    public Gap? Gap { get; init; }

    /// <summary>Why it is refused: set here by the bytes, later by the chain; null gets a receipt.</summary>
    public RejectReason? Refusal { get; set; }

    /// <summary>Whether its batch was stored now, not only known.</summary>
    public bool IsStored { get; set; }

    /// <summary>Forgets what the chain said to it in a group that failed.</summary>
    public void BeginDecision()
    {
        IsStored = false;
        Refusal = Link is null ? Refusal : null;
    }
}
