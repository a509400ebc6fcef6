using System.CommandLine;
using DePin.Tools.Bench;

namespace DePin.Tools.Commands;

/// <summary>depin bench connections.</summary>
internal static class ConnectionsBenchCommand
{
    private static readonly Option<int?> Plain = CommonOptions.Number("--plain", "Plain connections at once; 15000 unless given", 1, 19_000);
    private static readonly Option<int?> Tls = CommonOptions.Number("--tls", "Connections over TLS at once; 5000 unless given", 1, 19_000);
    private static readonly Option<int?> Seconds = CommonOptions.Number("--seconds", "Seconds for which others send, each time; 10 unless given", 1, 600);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the figures as one JSON object on stdout");

    public static TaughtCommand Create()
    {
        var command = new TaughtCommand(
            "connections",
            "Holds idle lamps at the gateway, plain and then over TLS: what each takes, how fast they come in, and what is accepted of others meanwhile. Exit code 1 when one was lost.",
            "A process has 20,000 open files on many machines, the load generator and the backend alike.\n\nExample:\n  tools/depin bench connections --plain 15000 --tls 5000 --json")
        {
            Plain, Tls, Seconds, Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using ScratchFolder folder = ScratchFolder.Make("depin-connections", null);
            var bench = new ConnectionsBench(parsed.GetValue(Plain) ?? 15_000, parsed.GetValue(Tls) ?? 5_000, parsed.GetValue(Seconds) ?? 10, folder.Path, parsed.InvocationConfiguration.Error);
            ConnectionsResult result = await bench.RunAsync(cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json)
                ? result.ToJson()
                : $"alone     {result.AloneBatchesPerSecond} batches a second\n{Line("plain", result.Plain)}\n{Line("TLS", result.Tls)}");
            return result.IsGood ? 0 : 1;
        });
        return command;
    }

    private static string Line(string name, KindOfConnection kind) =>
        $"{name,-9} {kind.Connections} connections, {kind.ConnectsPerSecond} a second, again {kind.ReconnectsPerSecond}; {kind.CpuMillisecondsPerConnect} ms of CPU and {kind.BytesPerConnection} bytes each; "
        + $"{kind.BatchesPerSecond} batches a second of others{(kind.Lost is null ? "" : $"; one was lost: {kind.Lost}")}";
}
