using DePin.Contracts.Uplink;
using DePin.Fleet.Instances;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Gateway;

/// <summary>
/// Tells the other instances which nodes are connected here, and hears it of theirs. A node that logs in elsewhere is taken over: its connection here ends.
/// </summary>
internal sealed class PeerPresence
{
    // here ID MS LOGIN: is logged in here since then, by the login of this number. status ID MS STATUS. left ID MS.
    private const string HereWord = "here", StatusWord = "status", LeftWord = "left";

    private readonly ConnectionTable _here;
    private readonly NodePresence _presence;
    private readonly Peers _peers;

    public PeerPresence(ConnectionTable here, NodePresence presence, Peers peers, TimeProvider clock)
    {
        (_here, _presence, _peers) = (here, presence, peers);
        peers.Asked += TellAll;
        peers.Left += instance => presence.InstanceLeft(instance, clock.GetUtcNow().ToUnixTimeMilliseconds());
        peers.On(HereWord, (from, words) => HearHere(from, words[0], Peers.Number(words[1]), Peers.Number(words[2])));
        peers.On(StatusWord, (from, words) => HearStatus(from, words[0], Peers.Number(words[1]), words[2]));
        peers.On(LeftWord, (from, words) => presence.LeftElsewhere(words[0], Peers.Number(words[1]), from));
        if (peers.AreThere)
        {
            here.WelcomedHere = (node, unixMilliseconds, login) => peers.Tell(HereWord, node.IdText, unixMilliseconds, login);
            here.LeftHere = (node, unixMilliseconds) => peers.Tell(LeftWord, node.IdText, unixMilliseconds);
            here.ReportedHere = (node, status, unixMilliseconds) => peers.Tell(StatusWord, node.IdText, unixMilliseconds, Convert.ToBase64String(status.Encode()));
        }
    }

    private void TellAll()
    {
        foreach ((RegisteredNode node, long login) in _here.WelcomedNodes)
        {
            if (_presence.Find(node.IdText) is { IsOnline: true, Instance: null } standing)
            {
                _peers.Tell(HereWord, node.IdText, standing.ChangedUnixMilliseconds, login);
                if (standing.LastStatus is { } status)
                {
                    _peers.Tell(StatusWord, node.IdText, standing.ChangedUnixMilliseconds, Convert.ToBase64String(status.Encode()));
                }
            }
        }
    }

    // Words of two instances may come in another order than the logins: the numbers say which one is later.
    private void HearHere(string from, string idText, long unixMilliseconds, long login)
    {
        if (_here.CloseTakenOver(idText, login))
        {
            _presence.IsElsewhere(idText, unixMilliseconds, from, login);
        }
    }

    private void HearStatus(string from, string idText, long unixMilliseconds, string status)
    {
        if (Status.Decode(Convert.FromBase64String(status), out _) is { } decoded)
        {
            _presence.ReportedElsewhere(idText, decoded, unixMilliseconds, from);
        }
    }
}
