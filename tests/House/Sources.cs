using DePin.Tests.Support;

namespace DePin.Tests.House;

/// <summary>The project's own files on disk: nothing built, nothing fetched, nothing a run left behind.</summary>
internal static class Sources
{
    // What .gitignore keeps out, and the folder of git itself.
    private static readonly HashSet<string> Skipped = [".git", ".vs", "bin", "obj", "artifacts", "data", "node_modules", "TestResults"];

    private static readonly HashSet<string> Texts =
        [".cs", ".csproj", ".projitems", ".props", ".targets", ".sln", ".sql", ".json", ".md", ".cddl", ".py", ".sh", ".css", ".js", ".html", ".svg", ".yml", ".razor", ".resx", ".npmrc", ".editorconfig", ""];

    /// <summary>Every text file, as its path from the top folder with forward slashes.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Below(new DirectoryInfo(Checkout.Root)).Order(StringComparer.Ordinal)];

    /// <summary>The C# files below a folder, or all of them.</summary>
    public static IEnumerable<string> CSharp(string folder = "") =>
        All.Where(path => path.EndsWith(".cs", StringComparison.Ordinal) && path.StartsWith(folder, StringComparison.Ordinal));

    public static string Text(string path) => File.ReadAllText(Checkout.File(path));

    public static string[] Lines(string path) => File.ReadAllLines(Checkout.File(path));

    private static IEnumerable<string> Below(DirectoryInfo folder)
    {
        foreach (FileInfo file in folder.EnumerateFiles().Where(file => Texts.Contains(file.Extension) && file.LinkTarget is null && file.Name != ".git"))
        {
            yield return Path.GetRelativePath(Checkout.Root, file.FullName).Replace('\\', '/');
        }

        foreach (DirectoryInfo inner in folder.EnumerateDirectories().Where(inner => !Skipped.Contains(inner.Name) && inner.LinkTarget is null))
        {
            foreach (string file in Below(inner))
            {
                yield return file;
            }
        }
    }
}
