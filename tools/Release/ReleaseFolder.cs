using DePin.Contracts.Updates;

namespace DePin.Tools.Release;

/// <summary>
/// A folder of releases, each a bundle and a .release beside it: the memory of which names and builds were used. A board goes on with the
/// assembly that it has when another one of the same name comes, silently, so no name may come twice.
/// </summary>
internal sealed class ReleaseFolder(string path)
{
    /// <summary>Ending of a signed release, or one that is being signed.</summary>
    public const string Ending = ".release";

    // What a deployment image holds: the loader, the factory copy, and what they refer to.
    private static readonly string[] Deployed =
    [
        "DePin.Loader", "DePin.Node.Esp32", "DePin.Node", "DePin.Contracts", "DePin.Host", "mscorlib", "Windows.Storage", "UnitsNet", "Iot.Device", "nanoFramework", "System",
    ];

    /// <summary>What was released before.</summary>
    public IReadOnlyList<ReleaseManifest> Former() => !Directory.Exists(path) ? [] :
        [.. Directory.GetFiles(path, "*" + Ending).Order(StringComparer.Ordinal).Select(file => SigningFile.Read(file).Manifest ?? throw CommandException.WrongInput($"{file} is no release. Nothing was made."))];

    /// <summary>Why a bundle cannot be released under this manifest, or null.</summary>
    public static string? Problem(ReleaseManifest manifest, IReadOnlyList<ReleaseManifest> former)
    {
        if (Array.Find(Deployed, name => IsNamed(manifest.Assembly, name)) is { } deployed)
        {
            return $"its assembly is named {manifest.Assembly}, and {deployed} is what a board has in its deployment image: it would go on with that one. Build it under a name of its own";
        }

        if (former.FirstOrDefault(other => other.Assembly == manifest.Assembly) is { } same)
        {
            return $"its assembly is named {manifest.Assembly}, as that of release {same.Release}: a board would go on with whichever it has. Build it under a name of its own";
        }

        if (former.FirstOrDefault(other => other.Release == manifest.Release) is { } named)
        {
            return $"there is a release {named.Release} already, build {named.Build}";
        }

        ReleaseManifest[] line = [.. former.Where(other => other.Product == manifest.Product && other.Profiles.Intersect(manifest.Profiles).Any())];
        if (line.FirstOrDefault(other => other.Security > manifest.Security) is { } safer)
        {
            return $"its security number is {manifest.Security}, and release {safer.Release} has {safer.Security}: no node goes below, also not in a return";
        }

        return manifest.IsReturn ? null
            : line.FirstOrDefault(other => other.Build >= manifest.Build) is { } higher ? $"its build is {manifest.Build}, and release {higher.Release} has {higher.Build}. Raise --build, or say with --returns-from which build it returns from"
            : null;
    }

    /// <summary>Stores the bundle and the manifest that nobody has signed yet.</summary>
    public (string Release, string Bundle) Store(ReleaseManifest manifest, BundleFile bundle)
    {
        Directory.CreateDirectory(path);
        string release = Path.Combine(path, manifest.Release + Ending);
        string copy = Path.Combine(path, manifest.Release + (bundle.IsForBoards ? ".pe" : ".dll"));
        if (File.Exists(copy))
        {
            throw CommandException.WrongInput($"{copy} is there already and belongs to no release here. Move it away; nothing was made.");
        }

        // The release comes last: a bundle without one was never released.
        SigningFile.Write(copy, bundle.Bytes);
        SigningFile.Write(release, SigningFile.Unsigned(manifest.Encode()));
        return (release, copy);
    }

    private static bool IsNamed(string assembly, string deployed) =>
        assembly == deployed || (deployed is "System" or "nanoFramework" or "Iot.Device" or "UnitsNet" && assembly.StartsWith(deployed + ".", StringComparison.Ordinal));
}
