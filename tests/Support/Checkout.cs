namespace DePin.Tests.Support;

/// <summary>The sources these tests were built from.</summary>
internal static class Checkout
{
    /// <summary>The top folder, where DePin.sln stands.</summary>
    public static string Root { get; } = Find();

    /// <summary>The golden vectors.</summary>
    public static string Vectors => File("shared-contracts", "vectors");

    /// <summary>A path below the top folder.</summary>
    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "DePin.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests must run below the folder of DePin.sln.");
    }
}
