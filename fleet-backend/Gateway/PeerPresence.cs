using System.Globalization;
using DePin.Contracts.Uplink;
using DePin.Fleet.Instances;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Gateway;

/// <summary>
/// Tells the other instances which nodes are connected here, and hears it of theirs. A node that logs in elsewhere is taken over: its connection here ends.
/// </summary>
internal sealed class PeerPresence
{
    // here ID MS: logged in. have ID MS: is logged in, since then. status ID MS STATUS. left ID MS.
    private const string HereWord = "here", HaveWord = "have", StatusWord = "status", LeftWord = "left";

    private readonly ConnectionTable _here;
    private readonly NodePresence _presence;
    private readonly Peers _peers;

    public PeerPresence(ConnectionTable here, NodePresence presence, Peers peers, TimeProvider clock)
    {
        (_here, _presence, _peers) = (here, presence, peers);
        peers.Asked += TellAll;
        peers.Left += instance => presence.InstanceLeft(instance, clock.GetUtcNow().ToUnixTimeMilliseconds());
        peers.On(HereWord, (from, words) => HearHere(from, words[0], Milliseconds(words[1])));
        peers.On(HaveWord, (from, words) => HearHave(from, words[0], Milliseconds(words[1])));
        peers.On(StatusWord, (from, words) => HearStatus(from, words[0], Milliseconds(words[1]), words[2]));
        peers.On(LeftWord, (from, words) =>
        {
            if (from != peers.Me)
            {
                presence.LeftElsewhere(words[0], Milliseconds(words[1]), from);
            }
        });
        if (peers.AreThere)
        {
            here.LoggedInHere = (node, unixMilliseconds) => peers.Tell(HereWord, node.IdText, unixMilliseconds);
            here.LeftHere = (node, unixMilliseconds) => peers.Tell(LeftWord, node.IdText, unixMilliseconds);
            here.ReportedHere = (node, status, unixMilliseconds) => peers.Tell(StatusWord, node.IdText, unixMilliseconds, Convert.ToBase64String(status.Encode()));
        }
    }

    private void TellAll()
    {
        foreach (RegisteredNode node in _here.Nodes)
        {
            if (_presence.Find(node.IdText) is { IsOnline: true, Instance: null } standing)
            {
                _peers.Tell(HaveWord, node.IdText, standing.ChangedUnixMilliseconds);
                if (standing.LastStatus is { } status)
                {
                    _peers.Tell(StatusWord, node.IdText, standing.ChangedUnixMilliseconds, Convert.ToBase64String(status.Encode()));
                }
            }
        }
    }

    // All hear all logins in one order. A login here whose own word has not come yet is later than the one that is heard now.
    private void HearHere(string from, string idText, long unixMilliseconds)
    {
        if (from == _peers.Me)
        {
            _here.Announced(idText);
        }
        else if (_here.CloseTakenOver(idText))
        {
            _presence.ReportedElsewhere(idText, null, unixMilliseconds, from);
        }
    }

    // Two instances that missed each other's words both have the node: the later one stays.
    private void HearHave(string from, string idText, long unixMilliseconds)
    {
        if (from == _peers.Me)
        {
            return;
        }

        bool isHereSinceLater = _here.Has(idText) && _presence.Find(idText) is { Instance: null } standing && standing.ChangedUnixMilliseconds >= unixMilliseconds;
        if (!isHereSinceLater)
        {
            HearHere(from, idText, unixMilliseconds);
        }
    }

    private void HearStatus(string from, string idText, long unixMilliseconds, string status)
    {
        // Of a node that is known to be there, and nowhere else by now.
        if (from != _peers.Me && _presence.Find(idText)?.Instance == from && Status.Decode(Convert.FromBase64String(status), out _) is { } decoded)
        {
            _presence.ReportedElsewhere(idText, decoded, unixMilliseconds, from);
        }
    }

    private static long Milliseconds(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
