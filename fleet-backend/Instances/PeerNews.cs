using DePin.Fleet.Moving;
using DePin.Fleet.Nodes;
using DePin.Fleet.Pairing;
using DePin.Fleet.Updates;

namespace DePin.Fleet.Instances;

/// <summary>
/// What instances tell each other of what they keep in memory: nodes that are new or scrapped, nodes that are to move, rollouts that give no more blocks,
/// and people and answers at pairing. What is missed while one cannot hear is in the database, and read when it can again.
/// </summary>
internal sealed class PeerNews
{
    private const string NewWord = "new", ScrappedWord = "scrapped", MoveWord = "move", ForgetWord = "forget", AttemptWord = "attempt", CrossedWord = "crossed", AnswerWord = "answer";

    public PeerNews(Peers peers, NodeDirectory nodes, NodeRegistry registry, MovingDesk moving, Downloads downloads, PairingDesk pairing)
    {
        if (!peers.AreThere)
        {
            return;
        }

        // A node that is not known here may have been registered elsewhere a moment ago.
        nodes.Missing = registry.Load;
        nodes.Added = node => peers.Tell(NewWord, node.IdText);
        nodes.Removed = id => peers.Tell(ScrappedWord, id);
        moving.Told = node => peers.Tell(MoveWord, node.RowId);
        downloads.Forgotten = rollout => peers.Tell(ForgetWord, rollout);
        pairing.Started = attempt => peers.Tell(AttemptWord, attempt.Node.IdText, attempt.By);
        pairing.Unasked = (node, answer) => peers.Tell(AnswerWord, node.IdText, Convert.ToBase64String(answer));
        peers.Returned += () =>
        {
            registry.ForgetScrapped();
            moving.ReadOpen();
        };
        peers.On(NewWord, (_, words) => nodes.Find(words[0]));
        peers.On(ScrappedWord, (_, words) => nodes.Forget(words[0]));
        peers.On(MoveWord, (_, words) => moving.Open(Peers.Number(words[0])));
        peers.On(ForgetWord, (_, words) => downloads.ForgetHere(Peers.Number(words[0])));
        peers.On(AttemptWord, (_, words) =>
        {
            if (pairing.Cross(words[0], words[1]))
            {
                peers.Tell(CrossedWord, words[0], words[1]);
            }
        });
        peers.On(CrossedWord, (_, words) => pairing.Crossed(words[0], words[1]));
        peers.On(AnswerWord, (_, words) =>
        {
            if (nodes.Find(words[0]) is { } node)
            {
                pairing.TakeHandedOn(node, Convert.FromBase64String(words[1]));
            }
        });
    }
}
