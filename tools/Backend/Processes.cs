using System.Globalization;
using System.Runtime.InteropServices;

namespace DePin.Tools.Backend;

/// <summary>What Linux says about a process, and the signals it takes.</summary>
internal static class Processes
{
    /// <summary>Asks for a clean stop.</summary>
    public const int Terminate = 15;

    /// <summary>Ends it at once, as a power cut would.</summary>
    public const int KillAtOnce = 9;

    /// <summary>Stops it where it is, as a machine does that has too much to do.</summary>
    public const int Freeze = 19;

    /// <summary>Lets it go on.</summary>
    public const int GoOn = 18;

    // Clock ticks in a second on every Linux that .NET runs on (sysconf(_SC_CLK_TCK)).
    private const double TicksPerSecond = 100;

    /// <summary>Sends a signal; an ended process takes none, which is no error.</summary>
    public static void Signal(int processId, int signal) => _ = SendSignal(processId, signal);

    /// <summary>Whether a process of this id runs the backend's program.</summary>
    public static bool IsBackend(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline").Contains("fleet-backend", StringComparison.Ordinal);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The processes that one has started and that still run.</summary>
    public static int[] ChildrenOf(int processId) =>
        [.. File.ReadAllText($"/proc/{processId}/task/{processId}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];

    /// <summary>Processor time used so far by all its threads, seconds.</summary>
    public static double CpuSeconds(int processId)
    {
        // The name in brackets may hold blanks; user and system time are the 12th and 13th field after it.
        string stat = File.ReadAllText($"/proc/{processId}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>The most memory it ever held, MiB.</summary>
    public static double PeakMemoryMb(int processId)
    {
        string line = File.ReadLines($"/proc/{processId}/status").First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', '\t').First(part => part.Length > 0 && char.IsAsciiDigit(part[0])), CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>The memory it holds now, MiB.</summary>
    public static double MemoryMb(int processId)
    {
        string line = File.ReadLines($"/proc/{processId}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', '\t').First(part => part.Length > 0 && char.IsAsciiDigit(part[0])), CultureInfo.InvariantCulture) / 1024;
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int processId, int signal);
}
