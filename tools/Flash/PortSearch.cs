using System.Diagnostics;
using System.Text.RegularExpressions;

namespace DePin.Tools.Flash;

/// <summary>Serial ports by their names: what a board's USB socket becomes on Linux, macOS and Windows.</summary>
internal static partial class PortSearch
{
    private const string ById = "/dev/serial/by-id";

    /// <summary>The ports there are now, by name. On Linux the lasting names of /dev/serial/by-id come instead of what they point to.</summary>
    public static IReadOnlyList<string> Find() => OperatingSystem.IsWindows() ? FindOnWindows() : FindBelow("/", OperatingSystem.IsMacOS());

    /// <summary>The same below another root, for tests.</summary>
    internal static IReadOnlyList<string> FindBelow(string root, bool isMac)
    {
        string devices = Path.Combine(root, "dev");
        if (isMac)
        {
            return Files(devices, "cu.usb*");
        }

        string[] lasting = Files(Path.Combine(root, ById[1..]), "*");
        var named = lasting.Select(link => Path.GetFullPath(File.ResolveLinkTarget(link, returnFinalTarget: true)?.FullName ?? link)).ToHashSet(StringComparer.Ordinal);
        return [.. lasting, .. Files(devices, "ttyUSB*").Concat(Files(devices, "ttyACM*")).Where(port => !named.Contains(port))];
    }

    /// <summary>The ports in what "reg query HKLM\HARDWARE\DEVICEMAP\SERIALCOMM" prints.</summary>
    internal static IReadOnlyList<string> InRegistry(string printed) =>
        [.. RegistryPort().Matches(printed).Select(match => match.Groups["port"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<string> FindOnWindows()
    {
        var start = new ProcessStartInfo("reg", ["query", @"HKLM\HARDWARE\DEVICEMAP\SERIALCOMM"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process? query = Process.Start(start);
        string printed = query?.StandardOutput.ReadToEnd() ?? "";
        query?.WaitForExit();
        return InRegistry(printed);
    }

    private static string[] Files(string folder, string pattern) =>
        Directory.Exists(folder) ? [.. Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal)] : [];

    // The value is the last word of its line; the registry's lines are short.
    [GeneratedRegex(@"REG_SZ\s+(?<port>COM\d{1,3})\s*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex RegistryPort();
}
