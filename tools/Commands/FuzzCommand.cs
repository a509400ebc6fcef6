using System.CommandLine;
using System.Text.Json;
using DePin.Tools.Fuzz;

namespace DePin.Tools.Commands;

/// <summary>depin fuzz: hostile inputs for every decoder.</summary>
internal static class FuzzCommand
{
    private static readonly Option<long> Inputs = new("--inputs") { Description = "How many inputs", DefaultValueFactory = _ => 1_000_000 };
    private static readonly Option<int> Seed = new("--seed") { Description = "The same seed gives the same inputs", DefaultValueFactory = _ => 1 };
    private static readonly Option<string> Vectors = new("--vectors") { Description = "Folder of the good inputs", DefaultValueFactory = _ => Path.Combine("shared-contracts", "vectors") };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints one JSON object");

    public static Command Create()
    {
        var command = new TaughtCommand(
            "fuzz",
            "Gives mutated golden vectors to every decoder of the contracts, and mutated packets to a backend of its own; exit code 1 when one throws, hangs or takes too much memory.",
            "Example:\n  tools/depin fuzz --inputs 1000000 --seed 7 --json")
        {
            Inputs, Seed, Vectors, Json,
        };
        Inputs.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long>() is < 1 or > 10_000_000_000)
            {
                result.AddError("--inputs must be a number from 1 to 10000000000.");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        long inputs = parsed.GetValue(Inputs);
        string vectors = parsed.GetValue(Vectors)!;
        if (!Directory.Exists(vectors))
        {
            throw CommandException.WrongInput($"There is no folder {vectors}; name the one with the golden vectors by --vectors.");
        }

        TextWriter errors = parsed.InvocationConfiguration.Error;
        FuzzResult contracts = ContractFuzz.Run(vectors, inputs, parsed.GetValue(Seed), at => errors.Write($"\r{at} of {inputs} inputs"), cancellationToken);
        await errors.WriteLineAsync($"\r{contracts.Inputs} inputs to the decoders; now packets to a backend ...");
        PacketFuzzResult packets = await PacketFuzz.RunAsync(vectors, inputs, parsed.GetValue(Seed), cancellationToken);
        string[] problems = [.. contracts.Problems, .. packets.Problems];
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(Json))
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(
                new
                {
                    inputs = contracts.Inputs,
                    accepted = contracts.Accepted,
                    largestAllocationBytes = contracts.LargestAllocationBytes,
                    slowestMilliseconds = Math.Round(contracts.SlowestMilliseconds, 1),
                    connections = packets.Connections,
                    packetBytes = packets.Bytes,
                    backendPeakMemoryMb = packets.PeakMemoryMb,
                    problems,
                }));
        }
        else
        {
            await output.WriteLineAsync($"decoders   {contracts.Inputs} inputs, {contracts.Accepted} taken, at most {contracts.LargestAllocationBytes} bytes of memory and {contracts.SlowestMilliseconds:0.0} ms each");
            await output.WriteLineAsync($"backend    {packets.Connections} connections, {packets.Bytes} bytes sent, peak memory {packets.PeakMemoryMb:0} MB");
            await output.WriteLineAsync(problems.Length == 0 ? "Nothing threw, hung or took too much." : string.Join('\n', problems));
        }

        return problems.Length == 0 ? 0 : 1;
    }
}
