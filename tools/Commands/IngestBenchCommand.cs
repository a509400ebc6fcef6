using System.CommandLine;
using System.Globalization;
using System.Text;
using DePin.Tools.Bench;

namespace DePin.Tools.Commands;

/// <summary>depin bench ingest.</summary>
internal static class IngestBenchCommand
{
    /// <summary>Variable by which the runtime's sockets run callbacks on the thread that heard of them (System.Net.Sockets, SocketAsyncEngine.Unix).</summary>
    public const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "Lamps, each on a connection of its own; 1000 unless given", 1, 10_000);
    private static readonly Option<int?> Seconds = CommonOptions.Number("--seconds", "Seconds of load; 10 unless given", 1, 600);
    private static readonly Option<int?> Warm = CommonOptions.Number("--warm", "Seconds of load before what is measured, for the compiler of a young process; 10 unless given", 0, 600);
    private static readonly Option<int?> Rate = CommonOptions.Number("--rate", "Batches a second that the lamps send together, to see what the backend keeps up with; as fast as each gets its receipt unless given", 1, 100_000);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the figures as one JSON object on stdout");
    private static readonly Option<int?> Registered = CommonOptions.Number("--registered", "How many nodes are registered, most of them idle: measures the lamps alone as well, and compares; only the lamps unless given", 1, 10_000_000);
    private static readonly Option<bool> Usual = new("--usual") { Description = "Does the same work the usual way as well, in the same run: mosquitto, and a Python script that verifies and inserts row by row; they must be installed" };

    public static TaughtCommand Create()
    {
        var command = new TaughtCommand(
            "ingest",
            "Sends backends of its own as many signed batches of 12 readings as they take.",
            "A batch counts when its receipt came, so when it is verified and on disk. With --instances they are behind a HAProxy, which must be installed and divides the lamps;\n"
            + "the answer has the processor time a batch of each instance, of PostgreSQL and of HAProxy. On few processors all of them share the same ones, so that more\n"
            + "instances are not faster there: the growth by machines of their own follows from these times.\n\n"
            + "Examples:\n  tools/depin bench ingest --nodes 1000 --seconds 10 --json\n  tools/depin bench ingest --rate 6000\n  tools/depin bench ingest --postgres --usual\n  tools/depin bench ingest --registered 1000000\n  tools/depin bench ingest --instances 3")
        {
            Nodes, Seconds, Warm, Rate, CommonOptions.Postgres, CommonOptions.Instances, Usual, Registered, Json, CommonOptions.Keep,
        };
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>
    /// Where this command is all that a process does, one thread carries all connections and runs their callbacks itself: the backend needs the rest of
    /// the machine. For the first socket to find it, it is said before anything else; in a process with other work, and in its children, callbacks that wait would stop all of them.
    /// </summary>
    public static void PrepareProcess(string[] arguments)
    {
        if (arguments is ["bench", "ingest", ..])
        {
            Environment.SetEnvironmentVariable(InlineCompletions, "1");
            Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");
        }
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        bool isJson = parsed.GetValue(Json);
        using ScratchFolder folder = ScratchFolder.Make("depin-bench", parsed.GetValue(CommonOptions.Keep));
        int nodes = parsed.GetValue(Nodes) ?? 1000, instances = parsed.GetValue(CommonOptions.Instances) ?? 1;
        if (instances > 1 && nodes > IngestLoad.MostBehindBalancer)
        {
            throw CommandException.WrongInput($"HAProxy carries at most {IngestLoad.MostBehindBalancer} lamps here: give --nodes a lower number than {nodes}.");
        }

        var load = new IngestLoad(nodes, parsed.GetValue(Seconds) ?? 10, CommonOptions.IsOnPostgres(parsed), parsed.GetValue(Usual), Math.Max(0, (parsed.GetValue(Registered) ?? 0) - nodes), instances, parsed.GetValue(Warm) ?? 10, parsed.GetValue(Rate));
        var bench = new IngestBench(load, folder.Path, parsed.InvocationConfiguration.Error);
        IngestResult result = await bench.RunAsync(cancellationToken);
        await output.WriteLineAsync(isJson ? result.ToJson() : Text(result));
        return 0;
    }

    private static string Text(IngestResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {result.BatchesPerSecond:0} batches{(result.RatePerSecond is { } rate ? $" of {rate}" : "")} ({result.ReadingsPerSecond:0} readings) a second, each verified, stored and answered
        receipts within {result.AckP50Ms} ms (half), {result.AckP99Ms} ms (99 of 100)
        {result.VerdictBacklog} batches waited for their verdicts at the end, for {result.VerdictBacklogSeconds} s
        {result.VerifyLimitPerSecond:0} signatures a second verify here with nothing else to do: ratio {result.Ratio}
        {result.CpuSecondsPerBatch * 1e6:0} microseconds of processor time a batch, at most {result.PeakMemoryMb} MiB of memory ({string.Join(", ", result.MemoryMb.Select(mebibytes => mebibytes.ToString("0", CultureInfo.InvariantCulture)))} from the load's beginning to its end); it started in {result.StartSeconds} s{Costs(result)}{Among(result)}{Beside(result)}
        """);

    private static string Costs(IngestResult result)
    {
        var lines = new StringBuilder();
        if (result.Instances.Count > 1)
        {
            foreach ((int i, InstanceLoad instance) in result.Instances.Index())
            {
                lines.Append(CultureInfo.InvariantCulture, $"\ninstance {i + 1}: {instance.Batches} batches, {instance.CpuMillisecondsPerBatch:0.###} ms of processor time for each, at most {instance.PeakMemoryMb} MiB");
            }

            lines.Append(CultureInfo.InvariantCulture, $"\nHAProxy: {result.BalancerCpuMillisecondsPerBatch:0.###} ms of processor time a batch");
        }

        if (result.PostgresCpuMillisecondsPerBatch is { } postgres)
        {
            lines.Append(CultureInfo.InvariantCulture, $"\nPostgreSQL, all its processes: {postgres:0.###} ms of processor time a batch");
        }

        return result.Instances.Count == 1
            ? lines.ToString()
            : lines.Append(CultureInfo.InvariantCulture, $"\nAll of this shares {result.Processors} processors with the load generator: with few of them more instances are no faster, and only the milliseconds say what machines of their own would do.").ToString();
    }

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
