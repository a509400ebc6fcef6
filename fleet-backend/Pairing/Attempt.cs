using DePin.Contracts.Pairing;
using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Pairing;

/// <summary>Somebody before a node.</summary>
internal sealed class Attempt(RegisteredNode node, ClaimableRow claimable, string by, Site site)
{
    private volatile PairState _state = PairState.Waiting;
    private long _seenAt;

    public RegisteredNode Node => node;

    public ClaimableRow Claimable => claimable;

    public string By => by;

    public Site Site => site;

    public PairState State
    {
        get => _state;
        set => _state = value;
    }

    public byte[] Nonce { get; set; } = [];

    /// <summary>How often it was challenged.</summary>
    public int Rounds { get; set; }

    /// <summary>The node's session in which it was challenged.</summary>
    public byte[] Session { get; set; } = [];

    public int Presses { get; set; }

    public long ChallengeEndsAt { get; set; }

    /// <summary>What the node is told of this attempt.</summary>
    public byte[] Message(DownHeader header, int kind, int seconds, int reason = 0) => new PairChallenge(header, kind, Nonce, claimable.Hash, Presses, seconds, reason).Encode();

    public long SeenAt
    {
        get => Volatile.Read(ref _seenAt);
        set => Volatile.Write(ref _seenAt, value);
    }
}
