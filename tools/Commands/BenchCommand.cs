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
    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "Lamps, each on a connection of its own; 1000 unless given", 1, 10_000);
    private static readonly Option<int?> Seconds = CommonOptions.Number("--seconds", "Seconds of load; 10 unless given", 1, 600);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the figures as one JSON object on stdout");
    private static readonly Option<int?> Registered = CommonOptions.Number("--registered", "How many nodes are registered, most of them idle: measures the lamps alone as well, and compares; only the lamps unless given", 1, 10_000_000);
    private static readonly Option<bool> Usual = new("--usual") { Description = "Does the same work the usual way as well, in the same run: mosquitto, and a Python script that verifies and inserts row by row; they must be installed" };
    private static readonly Option<string?> Keep = new("--keep") { Description = "Keeps the backend's data in this new folder, to look at it; otherwise it is removed", HelpName = "FOLDER" };

    private static readonly Option<int?> Signatures = CommonOptions.Number("--signatures", "How many; 10000 unless given", 1, 100_000_000);
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
        var ingest = new TaughtCommand(
            "ingest",
            "Sends a backend of its own as many signed batches of 12 readings as it takes.",
            "A batch counts when its receipt came, so when it is verified and on disk.\n\nExamples:\n  tools/depin bench ingest --nodes 1000 --seconds 10 --json\n  tools/depin bench ingest --postgres --usual\n  tools/depin bench ingest --registered 1000000")
        {
            Nodes, Seconds, CommonOptions.Postgres, Usual, Registered, Json, Keep,
        };
        ingest.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return new Command("bench", "Measures backend and node code on this machine.")
        {
            ingest,
            RolloutBenchCommand.Create(),
            LiveBenchCommand.Create(),
            ConnectionsBenchCommand.Create(),
            StormBenchCommand.Create(),
            sign,
            Offline("ledger", "Makes and posts transfers in a ledger of its own, all invariants on, beside plain rows in the same database.", Transfers, 200_000, hasDatabase: true),
            Offline("verdicts", "Judges batches of 12 readings by all rules that need one node, beside the check of a signature.", Batches, 200_000),
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
            return 0;
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

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // One thread carries all connections and runs their callbacks itself: the backend needs the rest of the machine.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");
        TextWriter output = parsed.InvocationConfiguration.Output;
        bool isJson = parsed.GetValue(Json);
        using ScratchFolder folder = ScratchFolder.Make("depin-bench", parsed.GetValue(Keep));
        int nodes = parsed.GetValue(Nodes) ?? 1000;
        var load = new IngestLoad(nodes, parsed.GetValue(Seconds) ?? 10, parsed.GetValue(CommonOptions.Postgres), parsed.GetValue(Usual), Math.Max(0, (parsed.GetValue(Registered) ?? 0) - nodes));
        var bench = new IngestBench(load, folder.Path, parsed.InvocationConfiguration.Error);
        IngestResult result = await bench.RunAsync(cancellationToken);
        await output.WriteLineAsync(isJson ? result.ToJson() : Text(result));
        return 0;
    }

    private static string Text(IngestResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {result.BatchesPerSecond:0} batches ({result.ReadingsPerSecond:0} readings) a second, each verified, stored and answered
        receipts within {result.AckP50Ms} ms (half), {result.AckP99Ms} ms (99 of 100)
        {result.VerdictBacklog} batches waited for their verdicts at the end, for {result.VerdictBacklogSeconds} s
        {result.VerifyLimitPerSecond:0} signatures a second verify here with nothing else to do: ratio {result.Ratio}
        {result.CpuSecondsPerBatch * 1e6:0} microseconds of processor time a batch, at most {result.PeakMemoryMb} MiB of memory; it started in {result.StartSeconds} s{Among(result)}{Beside(result)}
        """);

    private static string Among(IngestResult result) => result.Alone is not { } alone ? "" : string.Create(
        CultureInfo.InvariantCulture,
        $"""

        among {result.Nodes + result.Idle} registered nodes, {result.DatabaseBytesPerIdle} bytes of the database for each idle one; with the {result.Nodes} lamps alone {alone.BatchesPerSecond:0} batches a second,
        {alone.CpuSecondsPerBatch * 1e6:0} microseconds a batch, {alone.PeakMemoryMb} MiB, started in {alone.StartSeconds} s: a batch takes {result.TimesCpuAlone} times the processor time
        """);

    private static string Beside(IngestResult result) => result.Usual is not { } usual ? "" : string.Create(
        CultureInfo.InvariantCulture,
        $"""

        the usual way (mosquitto, a Python script, row by row): {usual.BatchesPerSecond:0} batches ({usual.ReadingsPerSecond:0} readings) a second, receipts within {usual.AckP50Ms} ms (half),
        {usual.AckP99Ms} ms (99 of 100), {usual.CpuSecondsPerBatch * 1e6:0} microseconds of processor time a batch; the backend takes {result.TimesUsual} times as many
        """);
}
