using System.Globalization;
using DePin.Contracts.Identity;
using DePin.Fleet.Nodes;
using DePin.Fleet.Updates;

namespace DePin.Fleet.Overview;

/// <summary>What a line of the list has to be; the names stand in addresses.</summary>
internal enum NodeMark
{
    /// <summary>Anything but retired.</summary>
    Any,

    /// <summary>One of those that follow, up to <see cref="Ticket"/>.</summary>
    Attention,

    /// <summary>What it sends is held.</summary>
    Suspended,

    /// <summary>Nothing came for three hours, and a ticket says so.</summary>
    Silent,

    /// <summary>Readings of the last seven days were refused.</summary>
    Refused,

    /// <summary>Readings wait for a decision.</summary>
    Held,

    /// <summary>A ticket is overdue.</summary>
    Overdue,

    /// <summary>A ticket is open.</summary>
    Ticket,

    /// <summary>Paired and heard, and nothing of the above.</summary>
    Well,

    /// <summary>Paired, and nothing came from it yet.</summary>
    New,

    /// <summary>Paired with nobody.</summary>
    Spare,

    /// <summary>Scrapped.</summary>
    Retired,
}

/// <summary>What a list is sorted by; ties by the order of registration.</summary>
internal enum NodeSort
{
    /// <summary>The node's id.</summary>
    Id,

    /// <summary>Name of the site.</summary>
    Site,

    /// <summary>Who keeps it running.</summary>
    Operator,

    /// <summary>The longest not heard first.</summary>
    Heard,

    /// <summary>The emptiest battery first.</summary>
    Battery,
}

/// <summary>Which nodes a list shows, in which order, and after which one it goes on. All of it comes from an address, so all of it is bounded.</summary>
internal sealed record FleetFilter
{
    private const int MostText = 64, MostCursor = 200;

    public NodeMark State { get; init; }

    public NodeSort Sort { get; init; }

    /// <summary>Number of a hardware profile, or null.</summary>
    public int? Profile { get; init; }

    /// <summary>Digest of firmware, or null.</summary>
    public string? Firmware { get; init; }

    /// <summary>A tag, or null.</summary>
    public string? Tag { get; init; }

    /// <summary>Where it stands, or null.</summary>
    public Area? Area { get; init; }

    /// <summary>A part of id, site, operator, capital builder or board serial; null for any.</summary>
    public string? Text { get; init; }

    /// <summary>The value that was sorted by, and the node, of the last line of the page before; null for the first page.</summary>
    public (string Value, long Node)? After { get; init; }

    /// <summary>The node that the text is the id of, however it is written; else null.</summary>
    public string? NodeId => Text is null ? null : Contracts.Identity.NodeId.Parse(Text)?.ToString();

    /// <summary>What an address asks for; what is no filter of ours is said in the problem, and nothing is shown that was not asked for.</summary>
    public static (FleetFilter Filter, string? Problem) Of(IQueryCollection query)
    {
        string Value(string name) => query[name].ToString().Trim();
        NodeMark state = NodeMark.Any;
        NodeSort sort = NodeSort.Id;
        string? problem = null;
        void Unless(bool isRight, string name) => problem ??= isRight ? null : OverviewWords.Of("Filter.Wrong", name, Value(name));

        Unless(Value("state") is not { Length: > 0 } asked || Known(asked, out state), "state");
        Unless(Value("sort") is not { Length: > 0 } order || Known(order, out sort), "sort");
        Profile? profile = null;
        Unless(Value("profile") is not { Length: > 0 } name || Nodes.Profile.ByName.TryGetValue(name, out profile), "profile");
        string firmware = Value("firmware");
        Unless(firmware.Length == 0 || FirmwareRoutes.IsDigest(firmware), "firmware");
        string tag = Value("tag");
        Unless(tag.Length == 0 || Target.IsTag(tag), "tag");
        Area? area = null;
        Unless(Value("area") is not { Length: > 0 } edges || (area = AreaOf(edges)) is not null, "area");
        string text = Value("q");
        Unless(text.Length <= MostText && !text.Any(char.IsControl), "q");
        (string, long)? after = null;
        Unless(Value("after") is not { Length: > 0 } cursor || (after = CursorOf(cursor)) is not null, "after");
        return problem is not null ? (new FleetFilter(), problem) : (new FleetFilter
        {
            State = state,
            Sort = sort,
            Profile = profile?.Number,
            Firmware = Null(firmware),
            Tag = Null(tag),
            Area = area,
            Text = Null(text),
            After = after,
        }, null);
    }

    /// <summary>The edges south,west,north,east of a piece of the earth, or null.</summary>
    public static Area? AreaOf(string text)
    {
        double[] edges = [.. text.Split(',', 5).Select(part => double.TryParse(part, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double edge) ? edge : double.NaN)];
        return edges.Length == 4 && new Area(edges[0], edges[1], edges[2], edges[3]) is var area && area.Problem() is null ? area : null;
    }

    /// <summary>The same list's address, going on after a line, or sorted or marked otherwise.</summary>
    public string Address(string path, NodeMark? state = null, NodeSort? sort = null, (string Value, long Node)? after = null)
    {
        var parts = new List<string>();
        void Add(string name, string? value)
        {
            if (value is { Length: > 0 })
            {
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }

        Add("state", (state ?? State) is NodeMark.Any ? null : NameOf(state ?? State));
        Add("sort", (sort ?? Sort) is NodeSort.Id ? null : NameOf(sort ?? Sort));
        Add("profile", Profile is { } number ? Nodes.Profile.ByNumber[number].Name : null);
        Add("firmware", Firmware);
        Add("tag", Tag);
        Add("area", Area is { } area ? string.Create(CultureInfo.InvariantCulture, $"{area.South},{area.West},{area.North},{area.East}") : null);
        Add("q", Text);
        Add("after", after is { } last ? $"{last.Node}~{last.Value}" : null);
        return parts.Count == 0 ? path : $"{path}?{string.Join('&', parts)}";
    }

    /// <summary>A mark or a sort as it stands in addresses.</summary>
    public static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static bool Known<T>(string name, out T value)
        where T : struct, Enum => Enum.TryParse(name, ignoreCase: true, out value) && Enum.IsDefined(value) && !char.IsAsciiDigit(name[0]) && name[0] is not ('-' or '+');

    private static (string Value, long Node)? CursorOf(string text) =>
        text.Length <= MostCursor && text.Split('~', 2) is [{ } node, { } value] && long.TryParse(node, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? (value, number) : null;

    private static string? Null(string text) => text.Length == 0 ? null : text;
}
