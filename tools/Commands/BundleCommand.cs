using System.CommandLine;
using System.Security.Cryptography;
using DePin.Contracts.Identity;
using DePin.Fence;
using DePin.Host.Bundles;

namespace DePin.Tools.Commands;

/// <summary>depin bundle: a build of the node that virtual nodes can run.</summary>
internal static class BundleCommand
{
    private static readonly Argument<string> Name = new("name") { Description = "Name of the assembly; every release needs its own" };
    private static readonly Option<string> Out = new("--out") { Description = "File to write", Required = true, HelpName = "FILE" };
    private static readonly Option<BundleFault> Fault = new("--fault") { Description = $"What is planted in it: {string.Join(", ", Enum.GetNames<BundleFault>())}" };
    private static readonly Option<string> Checkout = new("--checkout") { Description = "Folder with the sources", DefaultValueFactory = _ => Repository.Root, HelpName = "FOLDER" };

    public static Command Create()
    {
        var command = new TaughtCommand(
            "bundle",
            "Compiles contracts and node into one assembly that virtual nodes load out of a slot, as a board loads its .pe; with a fault planted where one is asked for.",
            "Examples:\n  tools/depin bundle node-7 --out data/node-7.dll\n  tools/depin bundle node-8 --out data/node-8.dll --fault Hangs")
        {
            Name, Out, Fault, Checkout,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            byte[] bundle = HostBundle.Build(parsed.GetValue(Checkout)!, parsed.GetValue(Name)!, typeof(IVirtualBoard).Assembly.Location, parsed.GetValue(Fault));
            string path = parsed.GetValue(Out)!;
            await File.WriteAllBytesAsync(path, bundle, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{path}: {bundle.Length} bytes, SHA-256 {Hex.Lower(SHA256.HashData(bundle))}");
            return 0;
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw CommandException.Failed(problem.Message);
        }
    }
}
