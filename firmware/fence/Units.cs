using System.Xml.Linq;

namespace DePin.Fence;

/// <summary>One thing that a board loads, and how to compile it.</summary>
/// <param name="Name">Name of the assembly.</param>
/// <param name="Project">The .projitems or .nfproj whose files it has, relative to the checkout.</param>
/// <param name="References">Units that it needs.</param>
/// <param name="IsCore">Whether it may know neither chance nor calendar.</param>
internal sealed record Unit(string Name, string Project, IReadOnlyList<string> References, bool IsCore);

/// <summary>What is compiled against the surface, in this order.</summary>
internal static class Units
{
    public static IReadOnlyList<Unit> All { get; } =
    [
        new("DePin.Contracts", "shared-contracts/Contracts.projitems", [], IsCore: true),
        new("DePin.Node", "firmware/node/Node.projitems", ["DePin.Contracts"], IsCore: true),
    ];

    /// <summary>The files that a project lists, as paths on this machine; imported lists included.</summary>
    public static IReadOnlyList<string> Sources(string checkout, string project)
    {
        string path = Path.Combine(checkout, project);
        string folder = Path.GetDirectoryName(path)!;
        var sources = new List<string>();
        foreach (XElement element in XDocument.Load(path).Descendants())
        {
            if (element.Name.LocalName == "Compile")
            {
                string include = element.Attribute("Include")!.Value.Replace("$(MSBuildThisFileDirectory)", string.Empty, StringComparison.Ordinal);
                sources.Add(Path.GetFullPath(Path.Combine(folder, include.Replace('\\', '/'))));
            }
            else if (element.Name.LocalName == "Import" && element.Attribute("Project")!.Value is var import && import.EndsWith(".projitems", StringComparison.Ordinal))
            {
                sources.AddRange(Sources(checkout, Path.GetRelativePath(checkout, Path.GetFullPath(Path.Combine(folder, import.Replace('\\', '/'))))));
            }
        }

        return sources;
    }
}
