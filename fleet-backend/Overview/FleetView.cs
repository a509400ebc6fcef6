using System.Data.Common;
using System.Globalization;
using DePin.Fleet.Nodes;
using DePin.Fleet.Updates;

namespace DePin.Fleet.Overview;

/// <summary>What is to be said of a node at a glance, never by colour alone.</summary>
/// <param name="Shade">Class of the style sheet: on, held, refused or off.</param>
/// <param name="Sign">One letter before the words.</param>
/// <param name="Text">The words.</param>
public sealed record Mark(string Shade, string Sign, string Text)
{
    /// <summary>All that is to be said of a node, the gravest first; one at least.</summary>
    internal static IReadOnlyList<Mark> Of(OverviewRow row, long nowUnixMilliseconds)
    {
        var marks = new List<Mark>();
        void Add(bool isSo, string shade, string sign, string name, params object?[] values)
        {
            if (isSo)
            {
                marks.Add(new Mark(shade, sign, OverviewWords.Of($"Mark.{name}", values)));
            }
        }

        Add(row.IsRetired, "off", "–", "Retired");
        Add(row.IsSuspended, "refused", "✕", "Suspended");
        Add(row.IsSilent, "refused", "…", "Silent");
        Add(row.DueUnixMilliseconds < nowUnixMilliseconds, "refused", "!", "Overdue");
        Add(row.RefusedUnixMilliseconds > nowUnixMilliseconds - OverviewStore.RefusedMs, "refused", "✕", "Refused");
        Add(row.Held > 0, "held", "◐", "Held", row.Held);
        Add(row.Tickets > 0 && !row.IsSilent && !(row.DueUnixMilliseconds < nowUnixMilliseconds), "held", "!", "Ticket");
        Add(marks.Count == 0 && row.IsPaired && row.HeardUnixMilliseconds > 0, "on", "✓", "Well");
        Add(marks.Count == 0 && row.IsPaired, "off", "○", "New");
        Add(marks.Count == 0, "off", "○", "Spare");
        return marks;
    }
}

/// <summary>A number of nodes that needs attention, and where they are listed.</summary>
public sealed record AttentionLine(string Words, long Nodes, string Address);

/// <summary>A line of the list.</summary>
public sealed record FleetLine(string NodeId, string Place, string Operator, string Profile, string Firmware, IReadOnlyList<Mark> Marks, string Battery, string Heard, string HeardAt, bool IsOnline);

/// <summary>A choice of a form.</summary>
public sealed record Choice(string Value, string Words, bool IsChosen);

/// <summary>The fleet page.</summary>
/// <param name="Said">What was wrong with the address, or null.</param>
/// <param name="Counted">How many nodes there are, and how many are connected.</param>
/// <param name="Attention">What needs attention.</param>
/// <param name="Paused">Rollouts that are paused, with their addresses and why.</param>
/// <param name="States">Choices of the filter.</param>
/// <param name="Profiles">Choices of the filter.</param>
/// <param name="Firmwares">Choices of the filter.</param>
/// <param name="Sorts">Choices of the order.</param>
/// <param name="Tags">Tags there are.</param>
/// <param name="Tag">The tag asked for.</param>
/// <param name="Text">The text asked for.</param>
/// <param name="Area">The piece of the map asked for.</param>
/// <param name="Lines">A page of the list.</param>
/// <param name="Matching">How many match.</param>
/// <param name="More">Where the list goes on, or null.</param>
/// <param name="Map">What the map is made of.</param>
/// <param name="Live">Where news of these lines come from.</param>
public sealed record FleetView(
    string? Said, string Counted, IReadOnlyList<AttentionLine> Attention, IReadOnlyList<(string Words, string Address)> Paused, IReadOnlyList<Choice> States, IReadOnlyList<Choice> Profiles, IReadOnlyList<Choice> Firmwares,
    IReadOnlyList<Choice> Sorts, IReadOnlyList<string> Tags, string Tag, string Text, string Area, IReadOnlyList<FleetLine> Lines, string Matching, string? More, MapView Map, string Live)
{
    private const string Path = "/fleet";
    private const int LinesShown = 25, FirmwaresShown = 50, PausedShown = 5;

    /// <summary>Reads it all.</summary>
    internal static FleetView Read(DbConnection connection, FleetFilter filter, string? problem, NodeDirectory nodes, NodePresence presence, MapSettings map, long now)
    {
        IReadOnlyList<OverviewRow> rows = OverviewStore.Page(connection, filter, now, LinesShown + 1);
        OverviewRow[] shown = [.. rows.Take(LinesShown)];
        long matching = filter.After is null && rows.Count <= LinesShown ? rows.Count : OverviewStore.Count(connection, filter, now);
        AttentionCounts counts = OverviewStore.Attention(connection, now);
        IReadOnlyList<(string Digest, string? Name, long Nodes)> firmwares = OverviewStore.Firmware(connection, FirmwaresShown);
        Dictionary<string, string> names = firmwares.Where(each => each.Name is not null).ToDictionary(each => each.Digest, each => each.Name!, StringComparer.Ordinal);
        return new FleetView(
            problem,
            OverviewWords.Of("Fleet.Counted", nodes.Count, presence.OnlineCount),
            [
                Line(NodeMark.Suspended, counts.Suspended), Line(NodeMark.Silent, counts.Silent), Line(NodeMark.Refused, counts.Refused), Line(NodeMark.Held, counts.Held), Line(NodeMark.Overdue, counts.Overdue),
            ],
            [.. RolloutStore.Paused(connection, PausedShown).Select(row => (OverviewWords.Of("Fleet.Paused", row.Name, Sentence.Read(row.Reason)), $"/rollouts/{row.Id}"))],
            [.. Enum.GetValues<NodeMark>().Select(mark => new Choice(mark == NodeMark.Any ? "" : FleetFilter.NameOf(mark), OverviewWords.Of($"State.{mark}"), mark == filter.State))],
            [new Choice("", OverviewWords.Of("Filter.All"), filter.Profile is null), .. Profile.ByNumber.Values.OrderBy(profile => profile.Number).Select(profile => new Choice(profile.Name, profile.Title, profile.Number == filter.Profile))],
            [
                new Choice("", OverviewWords.Of("Filter.All"), filter.Firmware is null), .. firmwares.Select(each => new Choice(each.Digest, OverviewWords.Of("Filter.Firmware", each.Name ?? each.Digest, each.Nodes), each.Digest == filter.Firmware)),
                .. filter.Firmware is { } other && firmwares.All(each => each.Digest != other) ? [new Choice(other, other, true)] : Array.Empty<Choice>(),
            ],
            [.. Enum.GetValues<NodeSort>().Select(sort => new Choice(FleetFilter.NameOf(sort), OverviewWords.Of($"Sort.{sort}"), sort == filter.Sort))],
            [.. TargetStore.Tags(connection).Select(tag => tag.Tag)],
            filter.Tag ?? "",
            filter.Text ?? "",
            filter.Area is { } area ? string.Create(CultureInfo.InvariantCulture, $"{area.South},{area.West},{area.North},{area.East}") : "",
            [.. shown.Select(row => LineOf(row, names, presence, now))],
            matching > OverviewStore.MostCounted ? OverviewWords.Of("Fleet.MatchingMany", OverviewStore.MostCounted) : OverviewWords.Of("Fleet.Matching", matching),
            rows.Count > LinesShown ? filter.Address(Path, after: (shown[^1].SortedBy(filter.Sort), shown[^1].Node)) : null,
            MapView.Of(map, OverviewStore.Edges(connection)),
            $"/fleet/live?nodes={string.Join(',', shown.Select(row => row.NodeId))}");
    }

    private static AttentionLine Line(NodeMark mark, long nodes) => new(OverviewWords.Of($"Attention.{mark}"), nodes, new FleetFilter().Address(Path, state: mark));

    private static FleetLine LineOf(OverviewRow row, Dictionary<string, string> names, NodePresence presence, long now) => new(
        row.NodeId,
        row.Place,
        row.Operator,
        Profile.ByNumber[(int)row.Profile].Name,
        names.GetValueOrDefault(row.Firmware, row.Firmware.Length > 8 ? row.Firmware[..8] : "–"),
        Mark.Of(row, now),
        row.BatteryPermille is { } permille ? OverviewWords.Of("Percent", permille / 10) : "–",
        OverviewWords.Ago(row.HeardUnixMilliseconds, now),
        row.HeardUnixMilliseconds == 0 ? "" : DateTimeOffset.FromUnixTimeMilliseconds(row.HeardUnixMilliseconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        presence.Find(row.NodeId) is { IsOnline: true });
}

/// <summary>What a map of nodes is made of.</summary>
/// <param name="Tiles">Address of tiles, or empty.</param>
/// <param name="Attribution">Whose they are.</param>
/// <param name="Edges">South, west, north and east of all nodes, or empty.</param>
public sealed record MapView(string Tiles, string Attribution, string Edges)
{
    internal static MapView Of(MapSettings map, (double South, double West, double North, double East)? edges) =>
        new(map.Tiles ?? "", map.Attribution, edges is { } all ? string.Create(CultureInfo.InvariantCulture, $"{all.South},{all.West},{all.North},{all.East}") : "");
}
