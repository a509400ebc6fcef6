using DePin.Contracts.Flashing;

namespace DePin.Node.Pairing
{
    /// <summary>Looks once a second at how the node stands, and writes what changed into its log.</summary>
    public sealed class LogWatch
    {
        private const int LookMilliseconds = 1000;
        private readonly NodeLog _log;
        private readonly long[] _counts = new long[7];
        private long _lookedAt = -LookMilliseconds;
        private int _network = -1;
        private string _reason = "";

        /// <param name="log">Where it is written.</param>
        public LogWatch(NodeLog log)
        {
            _log = log;
        }

        /// <summary>Looks, when a second has passed.</summary>
        /// <param name="uptimeMilliseconds">Since the start.</param>
        /// <param name="board">Wi-Fi and gateway.</param>
        /// <param name="counts">What the node survived.</param>
        public void Look(long uptimeMilliseconds, IBoard board, NodeCounts counts)
        {
            if (uptimeMilliseconds - _lookedAt < LookMilliseconds)
            {
                return;
            }

            _lookedAt = uptimeMilliseconds;
            BoardNetwork network = board.Network();
            if (network.State != _network || network.Reason != _reason)
            {
                _network = network.State;
                _reason = network.Reason;
                _log.Add(uptimeMilliseconds, "network: " + Words(_network) + (_reason.Length == 0 ? "" : ", " + _reason));
            }

            Note(uptimeMilliseconds, 0, counts.LinksLost, "links lost");
            Note(uptimeMilliseconds, 1, counts.Rejects, "rejects");
            Note(uptimeMilliseconds, 2, counts.Gaps, "gaps declared");
            Note(uptimeMilliseconds, 3, counts.BatchesDropped, "batches dropped");
            Note(uptimeMilliseconds, 4, counts.BatchesSetAside, "batches set aside");
            Note(uptimeMilliseconds, 5, counts.Pauses, "pauses");
            Note(uptimeMilliseconds, 6, counts.FilesDamaged, "files damaged");
        }

        private void Note(long uptimeMilliseconds, int index, long count, string what)
        {
            if (_counts[index] != count)
            {
                _counts[index] = count;
                _log.Add(uptimeMilliseconds, what + ": " + count);
            }
        }

        private static string Words(int state)
        {
            return state == BoardNetwork.LoggedIn ? "logged in" : state == BoardNetwork.Joined ? "joined, no gateway yet" : state == BoardNetwork.Searching ? "searching" : "none named";
        }
    }
}
