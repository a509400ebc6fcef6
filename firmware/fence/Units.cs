using System.Xml.Linq;

namespace DePin.Fence;

/// <summary>One thing that a board loads, and how to compile it.</summary>
/// <param name="Name">Name of the assembly.</param>
/// <param name="Project">The .projitems or .nfproj whose files it has, relative to the checkout.</param>
/// <param name="References">Units that it needs.</param>
/// <param name="IsCore">Whether it may know neither chance nor calendar.</param>
/// <param name="HasOwnFilesOnly">Whether files of other folders, which the project compiles too, are left out.</param>
internal sealed record Unit(string Name, string Project, IReadOnlyList<string> References, bool IsCore, bool HasOwnFilesOnly = false);

/// <summary>What is compiled against the surface, in this order.</summary>
internal static class Units
{
    public static IReadOnlyList<Unit> All { get; } =
    [
        new("DePin.Contracts", "shared-contracts/Contracts.projitems", [], IsCore: true),
        new("DePin.Node", "firmware/node/Node.projitems", ["DePin.Contracts"], IsCore: true),
        new("DePin.Adapters", "firmware/esp32/Node.Esp32.nfproj", ["DePin.Contracts", "DePin.Node"], IsCore: false, HasOwnFilesOnly: true),
        new("DePin.Node.Esp32", "firmware/esp32/Node.Esp32.nfproj", [], IsCore: false),
        new("DePin.Loader", "firmware/loader/Loader.nfproj", [], IsCore: false),
    ];

    /// <summary>The files that a project lists, as paths on this machine; imported lists included, but for what its properties leave out.</summary>
    public static IReadOnlyList<string> Sources(string checkout, string project)
    {
        string[] off = [.. XDocument.Load(Path.Combine(checkout, project)).Descendants().Where(element => !element.HasElements && element.Value == "false").Select(element => $"'$({element.Name.LocalName})' != 'false'")];
        return [.. Sources(Path.GetFullPath(Path.Combine(checkout, project)), off)];
    }

    /// <summary>The same, with what is left out.</summary>
    public static IReadOnlyList<string> Listed(string checkout, string project) => [.. Sources(Path.GetFullPath(Path.Combine(checkout, project)), [])];

    /// <summary>The files of a unit.</summary>
    public static IReadOnlyList<string> Sources(string checkout, Unit unit)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(Path.Combine(checkout, unit.Project)))! + Path.DirectorySeparatorChar;
        return [.. Sources(checkout, unit.Project).Where(file => !unit.HasOwnFilesOnly || file.StartsWith(folder, StringComparison.Ordinal))];
    }

    /// <summary>Whether a project checks nullability.</summary>
    public static bool IsNullable(string checkout, string project) =>
        XDocument.Load(Path.Combine(checkout, project)).Descendants().All(element => element.Name.LocalName != "Nullable" || element.Value != "disable");

    private static IEnumerable<string> Sources(string path, string[] off)
    {
        string folder = Path.GetDirectoryName(path)!;
        foreach (XElement element in XDocument.Load(path).Descendants())
        {
            string? file = (string?)element.Attribute(element.Name.LocalName == "Import" ? "Project" : "Include");
            string full = Path.GetFullPath(Path.Combine(folder, (file ?? string.Empty).Replace("$(MSBuildThisFileDirectory)", string.Empty, StringComparison.Ordinal).Replace('\\', '/')));
            if (element.Name.LocalName == "Compile" && !off.Contains((string?)element.Attribute("Condition")))
            {
                yield return full;
            }
            else if (element.Name.LocalName == "Import" && full.EndsWith(".projitems", StringComparison.Ordinal))
            {
                foreach (string source in Sources(full, off))
                {
                    yield return source;
                }
            }
        }
    }
}
