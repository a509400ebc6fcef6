using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Tools.Backend;
using DePin.Tools.Bench;

namespace DePin.Tools.Commands;

/// <summary>depin bench: measurements.</summary>
internal static class BenchCommand
{
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the figures as one JSON object on stdout");

    private static readonly Option<int?> Signatures = CommonOptions.Number("--signatures", "How many; 10000 unless given, 100000 of bench signatures", 1, 100_000_000);
    private static readonly Option<int?> Transfers = CommonOptions.Number("--transfers", "How many; 200000 unless given", 1, 100_000_000);
    private static readonly Option<int?> Batches = CommonOptions.Number("--batches", "How many; 200000 unless given", 1, 100_000_000);
    private static readonly Option<int?> WatchedNodes = CommonOptions.Number("--nodes", "How many; 100000 unless given", 1, 1_000_000);
    private static readonly Option<int?> Seed = CommonOptions.Number("--seed", "The same seed gives the same keys and hashes; 1 unless given", 0, int.MaxValue);

    public static Command Create()
    {
        var sign = new TaughtCommand(
            "sign",
            "Signs random hashes with the node's own code and verifies them with the platform's, and the other way round; exit code 1 when one is wrong.",
            "Example:\n  tools/depin bench sign --signatures 1000000 --seed 7 --json")
        {
            Signatures, Seed, Json,
        };
        sign.SetAction(SignAsync);
        return new Command("bench", "Measures backend and node code on this machine.")
        {
            IngestBenchCommand.Create(),
            RolloutBenchCommand.Create(),
            LiveBenchCommand.Create(),
            ConnectionsBenchCommand.Create(),
            HoldCommand.Create(),
            StormBenchCommand.Create(),
            sign,
            Offline("ledger", "Makes and posts transfers in a ledger of its own, all invariants on, beside plain rows in the same database.", Transfers, 200_000, hasDatabase: true),
            Offline("verdicts", "Judges batches of 12 readings by all rules that need one node, beside the check of a signature.", Batches, 200_000),
            Offline("signatures", "Checks signatures side by side, as ingest does where some come together, and by the platform; exit code 1 when they disagree about one.", Signatures, 100_000),
            Offline("watch", "Compares nodes with each other, an hour's batches after 48 hours in memory; copies are planted among them.", WatchedNodes, 100_000),
            Offline("pages", "Fills a database with nodes, a year of days and a week of hours for each, and asks the real backend 40 times for every page of managers.", WatchedNodes, 100_000, hasDatabase: true),
            Offline("wave", "Opens a wave of nodes, offers each of them a release, and counts the wave; says what a node costs in the database and in memory.", WatchedNodes, 100_000, hasDatabase: true),
        };
    }

    // The backend's own code is measured in its own program.
    private static TaughtCommand Offline(string name, string description, Option<int?> count, int otherwise, bool hasDatabase = false)
    {
        var command = new TaughtCommand(name, description, $"Example:\n  tools/depin bench {name} {count.Name} {otherwise} --json") { count, Json };
        if (hasDatabase)
        {
            command.Add(CommonOptions.Postgres);
        }

        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using PostgresServer? postgres = await PostgresServer.StartIfAsync(hasDatabase && parsed.GetValue(CommonOptions.Postgres), cancellationToken);
            string[] named = await PostgresServer.CreateDatabaseIfAsync(postgres, cancellationToken) is { } database ? ["--postgres", database] : [];
            JsonNode result = await OfflineBackend.RunAsync(["bench", name, count.Name, $"{parsed.GetValue(count) ?? otherwise}", .. named], parsed.InvocationConfiguration.Error, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? result.ToJsonString()
                : string.Join('\n', result.AsObject().Select(pair => $"{pair.Key,-24} {pair.Value}")));
            return result["wrong"]?.GetValue<long>() > 0 ? 1 : 0;
        });
        return command;
    }

    private static async Task<int> SignAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        long signatures = parsed.GetValue(Signatures) ?? 10_000;
        TextWriter errors = parsed.InvocationConfiguration.Error;
        var bench = new SignBench(signatures, parsed.GetValue(Seed) ?? 1, made => errors.Write($"\r{made} of {signatures} signatures"));
        SignResult result = bench.Run(cancellationToken);
        await errors.WriteLineAsync();
        await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
            ? JsonSerializer.Serialize(result, JsonSerializerOptions.Web)
            : string.Create(CultureInfo.InvariantCulture, $"{result.Signatures} signatures each way, {result.Wrong} wrong; a processor signs {result.SignedPerSecond:0} and verifies {result.VerifiedPerSecond:0} a second as the device does, {result.Ratio:P1} of the platform's {result.PlatformSignedPerSecond:0} signatures"));
        return result.Wrong == 0 ? 0 : 1;
    }
}
