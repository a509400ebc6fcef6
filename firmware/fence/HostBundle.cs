using System.Runtime.InteropServices;

namespace DePin.Fence;

/// <summary>What is planted in a bundle, so that a fleet can be shown a bad release.</summary>
internal enum BundleFault
{
    /// <summary>Nothing: the node as it stands in the checkout.</summary>
    None,

    /// <summary>Throws before the node begins.</summary>
    CrashesAtStart,

    /// <summary>Throws after ten minutes.</summary>
    CrashesLater,

    /// <summary>Its first second never ends.</summary>
    Hangs,

    /// <summary>Its counters begin at zero again.</summary>
    CountersFall,

    /// <summary>It tells three times what it delivers.</summary>
    CountsTooMuch,

    /// <summary>It tells a fifth more than it delivers.</summary>
    CountsAFifthTooMuch,

    /// <summary>It never connects.</summary>
    NeverLogsIn,

    /// <summary>It logs in and never sends a batch.</summary>
    SendsNothing,
}

/// <summary>
/// A release that virtual nodes can run: contracts, node and their entry of a checkout in one assembly for .NET, under a name of
/// its own. The same sources, name and fault give the same bytes.
/// </summary>
internal static class HostBundle
{
    private const string EntryFolder = "firmware/host/Bundles/";
    private const string Endless = "while (true) { System.Threading.Thread.Sleep(_ports.LinkMilliseconds < 0 ? 0 : 5); }";
    private static readonly string[] EntryFiles = ["BoardPorts.cs", "BoardUpdates.cs", "BundleEntry.cs"];

    private static readonly string[] Framework =
        ["System.Private.CoreLib.dll", "System.Runtime.dll", "System.Collections.dll", "System.Collections.NonGeneric.dll", "System.Console.dll", "System.Threading.dll", "System.Threading.Thread.dll"];

    /// <summary>Compiles it.</summary>
    /// <param name="checkout">Folder with the sources.</param>
    /// <param name="assemblyName">Name of the assembly; every release needs its own.</param>
    /// <param name="hostAssembly">The assembly with the two interfaces that host and bundle share.</param>
    /// <param name="fault">What is planted.</param>
    /// <returns>The assembly's bytes.</returns>
    /// <exception cref="InvalidDataException">A source does not compile, or the fault finds no place.</exception>
    public static byte[] Build(string checkout, string assemblyName, string hostAssembly, BundleFault fault = BundleFault.None)
    {
        string folder = Directory.CreateTempSubdirectory("depin-bundle-").FullName;
        try
        {
            IReadOnlyList<string> sources = Planted([
                .. Units.Sources(checkout, "shared-contracts/Contracts.projitems"),
                .. Units.Sources(checkout, "firmware/node/Node.projitems"),
                .. EntryFiles.Select(name => Path.Combine(checkout, EntryFolder, name))], fault, folder);
            IEnumerable<string> references = Framework.Select(name => Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), name)).Append(hostAssembly);
            string output = Path.Combine(folder, assemblyName + ".dll");
            IReadOnlyList<string> complaints = DeviceCompiler.Compile(sources, references, output, allowsPointers: false, isNullable: false);
            return complaints.Count == 0 ? File.ReadAllBytes(output) : throw new InvalidDataException($"The bundle {assemblyName} does not compile:\n{string.Join('\n', complaints)}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<string> Planted(IReadOnlyList<string> sources, BundleFault fault, string folder)
    {
        if (fault == BundleFault.None)
        {
            return [.. sources];
        }

        (string file, string place, string planted) = Plant(fault);
        string path = sources.Single(source => Path.GetFileName(source) == file);
        string text = File.ReadAllText(path);
        if (text.Split(place).Length != 2)
        {
            throw new InvalidDataException($"{fault} has to be planted in {path} where it says '{place}', and it says so {text.Split(place).Length - 1} times.");
        }

        string changed = Path.Combine(folder, file);
        File.WriteAllText(changed, text.Replace(place, planted, StringComparison.Ordinal));
        return [.. sources.Select(source => source == path ? changed : source)];
    }

    private static (string File, string Place, string Planted) Plant(BundleFault fault) => fault switch
    {
        BundleFault.CrashesAtStart => ("BundleEntry.cs", "_ports = new BoardPorts(board);", "_ports = new BoardPorts(board); if (board.Profile > 0) { throw new System.InvalidOperationException(\"planted\"); }"),
        BundleFault.CrashesLater => ("BundleEntry.cs", "_core.Tick(_ports);", "_core.Tick(_ports); if (_ports.UptimeMilliseconds > 600000) { throw new System.InvalidOperationException(\"planted\"); }"),
        BundleFault.Hangs => ("BundleEntry.cs", "_core.Tick(_ports);", $"if (_ports.UptimeMilliseconds > 0) {{ {Endless} }}"),
        BundleFault.CountersFall => ("Node.cs", "new Meter(sensors, _chain.State.Totals, Counts);", "new Meter(sensors, new EnergyTotals(0, 0, 0), Counts);"),
        BundleFault.CountsTooMuch => ("BoardPorts.cs", "(int)_values[1];", "(int)_values[1] * 3;"),
        BundleFault.CountsAFifthTooMuch => ("BoardPorts.cs", "(int)_values[1];", "(int)(_values[1] * 6 / 5);"),
        BundleFault.NeverLogsIn => ("BoardPorts.cs", "_board.Connect(nodeId, password, willTopic, will);", string.Empty),
        BundleFault.SendsNothing => ("BoardPorts.cs", "return _board.Publish(topic, payload, qos);", "return topic.EndsWith(\"/up/batch\", System.StringComparison.Ordinal) || _board.Publish(topic, payload, qos);"),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "this fault has no place"),
    };
}
