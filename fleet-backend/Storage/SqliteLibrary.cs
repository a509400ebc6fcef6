using System.Reflection;
using System.Runtime.InteropServices;

namespace DePin.Fleet.Storage;

/// <summary>
/// Chooses the SQLite that the process uses: the system's, which gets security updates, where there is one; else the bundled
/// 3.35.5. The environment variable DEPIN_SQLITE=bundled takes the bundled one. Our SQL stays within 3.35.
/// </summary>
public static class SqliteLibrary
{
    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>Loads the library once for the process and answers which one it is, with its version.</summary>
    public static string EnsureLoaded() => Loaded.Value;

    private static string Load()
    {
        bool isSystem = false;
        if (Environment.GetEnvironmentVariable("DEPIN_SQLITE") is not "bundled" && NativeLibrary.TryLoad("libsqlite3.so.0", out IntPtr system))
        {
            Assembly provider = typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly;
            NativeLibrary.SetDllImportResolver(provider, (name, _, _) => string.Equals(name, "e_sqlite3", StringComparison.Ordinal) ? system : IntPtr.Zero);
            isSystem = true;
        }

        SQLitePCL.Batteries_V2.Init();
        return $"{(isSystem ? "the system's" : "the bundled")} SQLite {SQLitePCL.raw.sqlite3_libversion().utf8_to_string()}";
    }
}
