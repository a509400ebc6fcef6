using DePin.Fleet.People;

namespace DePin.Fleet;

/// <summary>A page that the bar on top leads to.</summary>
/// <param name="Path">Its address; pages below it count as it.</param>
/// <param name="Name">Name of its words in ShellWords.resx, after "Door.".</param>
/// <param name="For">Who sees it: one of these roles.</param>
/// <param name="Also">Another address whose pages count as it, or null.</param>
internal sealed record Door(string Path, string Name, Roles For, string? Also = null)
{
    /// <summary>Whether a path is this page or one below it.</summary>
    public bool LeadsTo(PathString path) => path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase) || (Also is not null && path.StartsWithSegments(Also, StringComparison.OrdinalIgnoreCase));
}

/// <summary>What the bar on top leads to; each role sees what it may use. A capability adds its own here.</summary>
internal static class Doors
{
    private static readonly Door[] All =
    [
        new("/home", "Home", Homes.HomeRoutes.Owners),
        new("/fleet", "Fleet", Access.WholeFleet, "/nodes"),
        new("/nodes", "Nodes", Roles.Operator | Roles.CapitalBuilder),
        new("/rollouts", "Rollouts", Access.WholeFleet),
        new("/review", "Review", Access.WholeFleet),
        new("/care", "Care", Access.OwnPart),
        new("/money", "Money", Access.WholeFleet),
        new("/statement", "Statements", Access.OwnPart),
        new("/pair", "Pair", Roles.Operator),
        new("/people", "People", Roles.Administrator | Roles.Manager),
        new("/account", "Account", RoleNames.Together),
    ];

    /// <summary>Those of somebody.</summary>
    public static IEnumerable<Door> Of(Caller caller) => All.Where(door => caller.Has(door.For));
}
