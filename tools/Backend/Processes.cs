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

    private const int Parent = 1, UserTime = 11, SystemTime = 12, UserTimeOfEnded = 13, SystemTimeOfEnded = 14;

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
        long[] fields = Fields(processId);
        return (fields[UserTime] + fields[SystemTime]) / TicksPerSecond;
    }

    /// <summary>The same together with all processes that come from it, also those that ended.</summary>
    public static double FamilyCpuSeconds(int processId)
    {
        var all = new Dictionary<int, long[]>();
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id))
                {
                    all[id] = Fields(id);
                }
            }
            catch (IOException)
            {
                // It has just ended: its parent has its time.
            }
        }

        ILookup<long, int> children = all.ToLookup(process => process.Value[Parent], process => process.Key);
        double Sum(int id) => ((all[id][UserTime] + all[id][SystemTime] + all[id][UserTimeOfEnded] + all[id][SystemTimeOfEnded]) / TicksPerSecond) + children[id].Sum(Sum);
        return all.ContainsKey(processId) ? Sum(processId) : 0;
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

    // What stands behind the name in brackets, which may hold blanks: a letter, the parent, and more numbers.
    private static long[] Fields(int processId)
    {
        string stat = File.ReadAllText($"/proc/{processId}/stat");
        return [.. stat[(stat.LastIndexOf(')') + 2)..].Split(' ').Select(field => long.TryParse(field, CultureInfo.InvariantCulture, out long number) ? number : 0)];
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int processId, int signal);
}
