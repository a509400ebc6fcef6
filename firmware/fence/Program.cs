using DePin.Fence;

// fence CHECKOUT OUTPUT: exit code 1 where something does not compile or would not run on the board.
if (args.Length != 2 || !File.Exists(Path.Combine(args[0], "DePin.sln")))
{
    Console.Error.WriteLine("Usage: fence CHECKOUT OUTPUT, where CHECKOUT is the folder with DePin.sln and OUTPUT takes the assemblies.");
    return 2;
}

Directory.CreateDirectory(args[1]);
IReadOnlyList<UnitResult> results = FenceRun.Run(Path.GetFullPath(args[0]), Path.GetFullPath(args[1]));
foreach (UnitResult result in results)
{
    foreach (string complaint in result.Complaints)
    {
        Console.Error.WriteLine(complaint);
    }

    foreach (Finding finding in result.Findings)
    {
        Console.Error.WriteLine($"error FENCE: {finding.Rule} in {finding.Place}");
    }

    Console.WriteLine($"{result.Name,-20} {result.Bytes,8} bytes (.dll, the stand-in for a .pe)");
}

return results.All(result => result.IsClean) ? 0 : 1;
