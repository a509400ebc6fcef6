using DePin.Contracts.Metering;

namespace DePin.Fleet.Verification;

/// <summary>
/// Finds two keys that measure the same: copies of one node's readings, signed twice. Compares half of all slots, chosen by a salt
/// that nobody outside knows, of the last 48 hours in which they harvest. Time grows with the new readings (a sort of each hour's, and a search in what is
/// there), memory with nodes and hours: 12 bytes for each compared reading, so 1.7 KB for a node that reports every five minutes.
/// </summary>
public sealed class CloneSearch(ulong salt, VerificationSettings settings)
{
    private const int OneSlotIn = 2;
    private const long SecondsPerHour = 3600;

    // More nodes than this with one figure at one moment say little about any two of them; they are compared with the first of them only.
    private const int LargestGroup = 8;

    private readonly SortedDictionary<long, Hour> _hours = [];
    private readonly Dictionary<ulong, int> _common = [];
    private readonly Dictionary<int, int> _compared = [];
    private readonly Dictionary<long, List<(ulong Key, int Node)>> _new = [];

    /// <summary>Readings in memory.</summary>
    public long Readings => _hours.Values.Sum(hour => (long)hour.Keys.Length);

    /// <summary>Adds a batch's readings; they count with the next <see cref="Search"/>.</summary>
    /// <param name="node">Row of the node.</param>
    /// <param name="batch">The batch; one without a time is left out.</param>
    public void Add(int node, Batch batch)
    {
        if (batch.Clock == ClockState.NeverSet)
        {
            return;
        }

        long opened = batch.OpenedUnixSeconds;
        foreach (Reading reading in batch.Readings)
        {
            // Only under the sun: two honest lamps with the same charge at dusk burn alike all evening, which is one coincidence and dozens of readings.
            if (reading.HarvestedMilliwattHours != 0 && Mix((ulong)(opened / settings.SlotSeconds) ^ salt) % OneSlotIn == 0)
            {
                if (!_new.TryGetValue(opened / SecondsPerHour, out List<(ulong, int)>? hour))
                {
                    _new[opened / SecondsPerHour] = hour = [];
                }

                hour.Add((KeyOf(opened, reading), node));
            }

            opened += reading.Seconds;
        }
    }

    /// <summary>Pairs of nodes with at least the settings' part of their readings in common, among those of the last 48 hours.</summary>
    public IReadOnlyList<ClonePair> Search(long nowUnixSeconds)
    {
        long oldest = nowUnixSeconds / SecondsPerHour - settings.CloneHours;
        foreach (long hour in _hours.Keys.TakeWhile(hour => hour < oldest).ToList())
        {
            Forget(_hours[hour]);
            _hours.Remove(hour);
        }

        foreach ((long hour, List<(ulong Key, int Node)> added) in _new)
        {
            if (hour >= oldest)
            {
                Take(hour, added);
            }
        }

        _new.Clear();
        var found = new List<ClonePair>();
        foreach ((ulong pair, int common) in _common)
        {
            (int first, int second) = ((int)(pair >> 32), (int)(pair & uint.MaxValue));
            int compared = Math.Min(_compared.GetValueOrDefault(first), _compared.GetValueOrDefault(second));
            if (compared >= settings.CloneReadings && common * 1000L >= (long)compared * settings.ClonePermille)
            {
                found.Add(new ClonePair(first, second, common, compared));
            }
        }

        return found;
    }

    private void Take(long number, List<(ulong Key, int Node)> added)
    {
        added.Sort();
        if (!_hours.TryGetValue(number, out Hour? hour))
        {
            _hours[number] = hour = new Hour();
        }

        foreach ((_, int node) in added)
        {
            _compared[node] = _compared.GetValueOrDefault(node) + 1;
            hour.Compared[node] = hour.Compared.GetValueOrDefault(node) + 1;
        }

        hour.Merge(added, (first, second) =>
        {
            ulong pair = first < second ? ((ulong)first << 32) | (uint)second : ((ulong)second << 32) | (uint)first;
            _common[pair] = _common.GetValueOrDefault(pair) + 1;
            hour.Common[pair] = hour.Common.GetValueOrDefault(pair) + 1;
        });
    }

    private void Forget(Hour hour)
    {
        foreach ((ulong pair, int common) in hour.Common)
        {
            if ((_common[pair] -= common) == 0)
            {
                _common.Remove(pair);
            }
        }

        foreach ((int node, int compared) in hour.Compared)
        {
            if ((_compared[node] -= compared) == 0)
            {
                _compared.Remove(node);
            }
        }
    }

    private static ulong KeyOf(long opened, Reading reading)
    {
        ulong key = Mix((ulong)opened);
        key = Mix(key ^ (ulong)reading.HarvestedMilliwattHours);
        key = Mix(key ^ (ulong)reading.DeliveredMilliwattHours);
        return Mix(key ^ ((ulong)reading.BatteryPermille << 32) ^ (ulong)reading.BatteryMillivolts);
    }

    // The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private sealed class Hour
    {
        public ulong[] Keys { get; private set; } = [];

        public int[] Nodes { get; private set; } = [];

        public Dictionary<ulong, int> Common { get; } = [];

        public Dictionary<int, int> Compared { get; } = [];

        // Both sides are sorted by key; equal keys meet.
        public void Merge(List<(ulong Key, int Node)> added, Action<int, int> onSame)
        {
            var keys = new ulong[Keys.Length + added.Count];
            var nodes = new int[keys.Length];
            int old = 0;
            int fresh = 0;
            int at = 0;
            while (at < keys.Length)
            {
                ulong key = old < Keys.Length && (fresh == added.Count || Keys[old] <= added[fresh].Key) ? Keys[old] : added[fresh].Key;
                int first = at;
                while (old < Keys.Length && Keys[old] == key)
                {
                    (keys[at], nodes[at]) = (key, Nodes[old]);
                    at++;
                    old++;
                }

                int known = at;
                while (fresh < added.Count && added[fresh].Key == key)
                {
                    (keys[at], nodes[at]) = (key, added[fresh].Node);
                    at++;
                    fresh++;
                }

                for (int i = known; i < at; i++)
                {
                    for (int other = first; other < Math.Min(i, first + LargestGroup); other++)
                    {
                        if (nodes[i] != nodes[other])
                        {
                            onSame(nodes[i], nodes[other]);
                        }
                    }
                }
            }

            (Keys, Nodes) = (keys, nodes);
        }
    }
}

/// <summary>Two nodes that measured the same too often.</summary>
/// <param name="First">Row of the one.</param>
/// <param name="Second">Row of the other.</param>
/// <param name="Common">Readings with the same time and figures.</param>
/// <param name="Compared">Readings of the node that has fewer.</param>
public readonly record struct ClonePair(int First, int Second, int Common, int Compared);
