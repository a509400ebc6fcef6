using System.CommandLine;
using DePin.Tools.Vectors;

namespace DePin.Tools.Commands;

/// <summary>depin vectors: the golden bytes of shared-contracts/vectors.</summary>
internal static class VectorsCommand
{
    private static readonly Argument<string> Folder = new("folder")
    {
        Description = "The folder of the vector files",
        DefaultValueFactory = _ => Path.Combine("shared-contracts", "vectors"),
    };

    private static readonly Option<bool> Write = new("--write") { Description = "Writes the files anew; signatures stay where the payload did not change" };

    public static Command Create()
    {
        var command = new TaughtCommand(
            "vectors",
            "Checks that the golden bytes are what the contracts make; exit code 1 and a sentence each where they are not.",
            "Examples:\n  tools/depin vectors\n  tools/depin vectors --write") { Folder, Write };
        command.SetAction(parsed => Run(parsed.GetValue(Folder)!, parsed.GetValue(Write), parsed.InvocationConfiguration.Output));
        return command;
    }

    private static int Run(string folder, bool write, TextWriter output)
    {
        IReadOnlyList<string> found = write ? VectorFiles.Write(folder) : VectorFiles.Check(folder);
        foreach (string sentence in found)
        {
            output.WriteLine(write ? $"written: {sentence}" : sentence);
        }

        if (found.Count == 0)
        {
            output.WriteLine("Every vector is as the contracts make it.");
        }

        return write || found.Count == 0 ? 0 : 1;
    }
}
