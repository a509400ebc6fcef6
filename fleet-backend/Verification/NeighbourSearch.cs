using DePin.Contracts.Metering;

namespace DePin.Fleet.Verification;

/// <summary>
/// Finds nodes that harvest where their neighbours do not: several times the power, for its rating, of at least three others within a few
/// kilometres, slot after slot. Less than the neighbours is shade, dust or a sensor, and costs nobody but its operator. Time and memory
/// grow with the nodes: each is compared with at most 16 others, and four hours of slots are kept (200 bytes a node).
/// </summary>
public sealed class NeighbourSearch(VerificationSettings settings)
{
    private const int MostNeighbours = 16;
    private const int SlotsPerHour = 12;
    private const int HoursKept = 4;
    private const long SecondsPerHour = 3600;
    private const double KilometresPerDegree = 111.2;

    // Below a tenth of the rating, dust and the angle of the panel decide.
    private const float LeastPart = 0.1f;

    // Charge from which a charger throttles the panel, permille: the sun is not seen any more.
    private const int FullPermille = 950;

    private readonly List<NodePlace> _places = [];
    private readonly Dictionary<int, int> _byNode = [];
    private readonly Dictionary<long, float[]> _hours = [];
    private int[][] _neighbours = [];
    private int[] _runs = [];
    private long _nextHour;

    /// <summary>Says where all nodes stand; what was counted before is forgotten for nodes that moved.</summary>
    public void Place(IReadOnlyList<NodePlace> places)
    {
        _places.Clear();
        _places.AddRange(places);
        _byNode.Clear();
        for (int i = 0; i < places.Count; i++)
        {
            _byNode[places[i].Node] = i;
        }

        _runs = new int[places.Count];
        _hours.Clear();
        FindNeighbours();
    }

    /// <summary>Says what time it is, before readings are added: those of hours that ended long ago say nothing any more.</summary>
    public void Begin(long nowUnixSeconds) => _nextHour = Math.Max(_nextHour, (nowUnixSeconds / SecondsPerHour) - HoursKept);

    /// <summary>Adds a batch's readings.</summary>
    public void Add(int node, Batch batch)
    {
        if (batch.Clock == ClockState.NeverSet || !_byNode.TryGetValue(node, out int index))
        {
            return;
        }

        long opened = batch.OpenedUnixSeconds;
        foreach (Reading reading in batch.Readings)
        {
            long hour = opened / SecondsPerHour;
            if (hour >= _nextHour && hour <= _nextHour + HoursKept + 1)
            {
                if (!_hours.TryGetValue(hour, out float[]? parts))
                {
                    _hours[hour] = parts = new float[_places.Count * SlotsPerHour];
                    Array.Fill(parts, float.NaN);
                }

                if (reading.BatteryPermille < FullPermille)
                {
                    parts[(index * SlotsPerHour) + (int)(opened % SecondsPerHour / (SecondsPerHour / SlotsPerHour))] =
                        reading.HarvestedMilliwattHours * (float)SecondsPerHour / reading.Seconds / _places[index].PanelMilliwatts;
                }
            }

            opened += reading.Seconds;
        }
    }

    /// <summary>Nodes that disagreed for the settings' number of slots in a row, up to the hours that ended long enough ago for most readings to be there.</summary>
    public IReadOnlyList<NeighbourFinding> Search(long nowUnixSeconds)
    {
        var found = new List<NeighbourFinding>();
        long last = (nowUnixSeconds / SecondsPerHour) - 2;
        for (long hour = _hours.Count == 0 ? last + 1 : Math.Max(_nextHour, _hours.Keys.Min()); hour <= last; hour++)
        {
            if (_hours.TryGetValue(hour, out float[]? parts))
            {
                Compare(parts, hour, found);
            }
        }

        _nextHour = Math.Max(_nextHour, last + 1);
        foreach (long hour in _hours.Keys.Where(hour => hour < _nextHour).ToList())
        {
            _hours.Remove(hour);
        }

        return found;
    }

    private void Compare(float[] parts, long hour, List<NeighbourFinding> found)
    {
        for (int i = 0; i < _places.Count; i++)
        {
            for (int slot = 0; slot < SlotsPerHour; slot++)
            {
                float mine = parts[(i * SlotsPerHour) + slot];
                int seen = 0;
                int below = 0;
                if (mine >= LeastPart)
                {
                    foreach (int neighbour in _neighbours[i])
                    {
                        float theirs = parts[(neighbour * SlotsPerHour) + slot];
                        seen += float.IsNaN(theirs) ? 0 : 1;
                        below += theirs * settings.NeighbourFactor < mine ? 1 : 0;
                    }
                }

                // Nearly all of them: one that stands in the shade says nothing about the others.
                bool disagrees = below >= settings.NeighbourNodes && below * 5 >= seen * 4;
                _runs[i] = disagrees ? _runs[i] + 1 : 0;
                if (_runs[i] == settings.NeighbourSlots)
                {
                    found.Add(new NeighbourFinding(_places[i].Node, (hour * SecondsPerHour) + (slot * SecondsPerHour / SlotsPerHour), below, seen, mine));
                }
            }
        }
    }

    // A grid of cells as wide as the distance: neighbours stand in the same cell or beside it.
    private void FindNeighbours()
    {
        double cell = settings.NeighbourKilometres / KilometresPerDegree;
        var grid = new Dictionary<(int, int), List<int>>();
        for (int i = 0; i < _places.Count; i++)
        {
            (int, int) at = Cell(_places[i], cell);
            if (!grid.TryGetValue(at, out List<int>? there))
            {
                grid[at] = there = [];
            }

            there.Add(i);
        }

        _neighbours = new int[_places.Count][];
        var near = new List<int>(MostNeighbours);
        for (int i = 0; i < _places.Count; i++)
        {
            near.Clear();
            (int row, int column) = Cell(_places[i], cell);
            for (int beside = 0; beside < 9 && near.Count < MostNeighbours; beside++)
            {
                if (grid.TryGetValue((row + (beside / 3) - 1, column + (beside % 3) - 1), out List<int>? there))
                {
                    // Another beginning for each node, so that a crowd is not judged by the same sixteen.
                    for (int k = 0; k < there.Count && near.Count < MostNeighbours; k++)
                    {
                        int other = there[(k + i) % there.Count];
                        if (other != i && Kilometres(_places[i], _places[other]) <= settings.NeighbourKilometres)
                        {
                            near.Add(other);
                        }
                    }
                }
            }

            _neighbours[i] = [.. near];
        }
    }

    private static (int, int) Cell(NodePlace place, double cell) =>
        ((int)Math.Floor(place.Latitude / cell), (int)Math.Floor(place.Longitude * Math.Max(0.01, Math.Cos(Math.Round(place.Latitude) * Math.PI / 180)) / cell));

    private static double Kilometres(NodePlace one, NodePlace other)
    {
        double east = (one.Longitude - other.Longitude) * Math.Cos(one.Latitude * Math.PI / 180);
        double north = one.Latitude - other.Latitude;
        return Math.Sqrt((east * east) + (north * north)) * KilometresPerDegree;
    }
}

/// <summary>Where a node stands and what its panel gives in full sun.</summary>
public readonly record struct NodePlace(int Node, double Latitude, double Longitude, long PanelMilliwatts);

/// <summary>A node that harvests where its neighbours do not.</summary>
/// <param name="Node">Row of the node.</param>
/// <param name="AtUnixSeconds">The slot that completed the row.</param>
/// <param name="Below">Neighbours far below it in that slot.</param>
/// <param name="Seen">Neighbours that measured then.</param>
/// <param name="Part">Its harvest as a part of its rating.</param>
public readonly record struct NeighbourFinding(int Node, long AtUnixSeconds, int Below, int Seen, float Part);
