namespace DePin.Fence;

/// <summary>A unit as it came out: its size, what the compiler said and what was found in it.</summary>
internal sealed record UnitResult(string Name, long Bytes, IReadOnlyList<string> Complaints, IReadOnlyList<Finding> Findings)
{
    public bool IsClean => Complaints.Count == 0 && Findings.Count == 0;
}

/// <summary>Compiles the firmware against exactly what the board has, and looks through the result.</summary>
internal static class FenceRun
{
    /// <summary>The lists that come with this program.</summary>
    public static string SurfaceFolder => Path.Combine(AppContext.BaseDirectory, "surface");

    public static IReadOnlyList<UnitResult> Run(string checkout, string outputFolder)
    {
        string references = Path.Combine(outputFolder, "surface");
        IReadOnlyList<string> surface = Surface.Write(SurfaceFolder, references);
        var results = new List<UnitResult>();
        foreach (Unit unit in Units.All)
        {
            string output = Path.Combine(outputFolder, unit.Name + ".dll");
            IEnumerable<string> needed = unit.References.Select(name => Path.Combine(outputFolder, name + ".dll"));
            results.Add(Compile(unit.Name, Units.Sources(checkout, unit), [.. surface, .. needed], output, unit.IsCore, references, allowsPointers: false, Units.IsNullable(checkout, unit.Project)));
        }

        return results;
    }

    /// <summary>Compiles and looks through one assembly.</summary>
    public static UnitResult Compile(string name, IReadOnlyList<string> sources, IReadOnlyList<string> references, string output, bool isCore, string surfaceFolder, bool allowsPointers, bool isNullable = true)
    {
        IReadOnlyList<string> complaints = DeviceCompiler.Compile(sources, references, output, allowsPointers, isNullable);
        return File.Exists(output)
            ? new UnitResult(name, new FileInfo(output).Length, complaints, Forbidden.In(output, isCore, surfaceFolder))
            : new UnitResult(name, 0, complaints, []);
    }
}
