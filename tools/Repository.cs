namespace DePin.Tools;

/// <summary>Where this program's neighbours are: the folder that holds DePin.sln, seen from the program's own folder.</summary>
internal static class Repository
{
    /// <summary>The top folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The backend's program, of the same configuration as this one.</summary>
    /// <exception cref="CommandException">It was not built.</exception>
    public static string BackendProgram
    {
        get
        {
            // …/tools/bin/Release/net10.0/ stands beside …/fleet-backend/bin/Release/net10.0/.
            var framework = new DirectoryInfo(AppContext.BaseDirectory);
            string path = Path.Combine(Root, "fleet-backend", "bin", framework.Parent!.Name, framework.Name, "fleet-backend.dll");
            return File.Exists(path) ? path : throw CommandException.Failed($"The backend was not built ({path} is missing): run 'dotnet build DePin.sln'.");
        }
    }

    /// <summary>What runs a program of .NET: the one that runs this, where it is known.</summary>
    public static string Host => Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    /// <summary>This program, for one that starts it once more.</summary>
    public static string OwnProgram => Path.Combine(AppContext.BaseDirectory, "depin.dll");

    /// <summary>Where the demonstration keeps everything, unless told otherwise.</summary>
    public static string DemonstrationFolder => Path.Combine(Root, "data", "demo");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DePin.sln")))
            {
                return folder.FullName;
            }
        }

        return Directory.GetCurrentDirectory();
    }
}
