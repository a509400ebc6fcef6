using System.CommandLine;
using DePin.Tools.Bench;

namespace DePin.Tools.Commands;

/// <summary>depin bench connections.</summary>
internal static class ConnectionsBenchCommand
{
    private const int Most = 9 * CrowdChild.MostLamps;

    private static readonly Option<int?> Plain = CommonOptions.Number("--plain", "Plain connections at once, over all instances; 15000 for each unless given", 0, Most);
    private static readonly Option<int?> Tls = CommonOptions.Number("--tls", "Connections over TLS at once, over all instances; 5000 for each unless given", 0, Most);
    private static readonly Option<int?> Seconds = CommonOptions.Number("--seconds", "Seconds for which others send, each time; 10 unless given", 1, 600);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the figures as one JSON object on stdout");

    public static TaughtCommand Create()
    {
        var command = new TaughtCommand(
            "connections",
            "Holds idle lamps at the gateway, plain and then over TLS: what each takes, how fast they come in, and what is accepted of others meanwhile. Exit code 1 when one was lost.",
            "A process has 20,000 open files on many machines, the backend and those that hold the lamps alike: for each instance one process holds its lamps. With --instances the lamps\n"
            + "are divided evenly and connect to their instance directly: HAProxy needs two open files for each connection, so with the same limit it could not carry 15,000.\n\n"
            + "Examples:\n  tools/depin bench connections --plain 15000 --tls 5000 --json\n  tools/depin bench connections --instances 3 --plain 45000 --tls 0")
        {
            Plain, Tls, Seconds, CommonOptions.Postgres, CommonOptions.Instances, Json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            int instances = parsed.GetValue(CommonOptions.Instances) ?? 1;
            var load = new ConnectionsLoad(parsed.GetValue(Plain) ?? 15_000 * instances, parsed.GetValue(Tls) ?? 5_000 * instances, parsed.GetValue(Seconds) ?? 10, CommonOptions.IsOnPostgres(parsed), instances);
            RequireRoom(load.Plain, instances);
            RequireRoom(load.Tls, instances);
            if (load.Plain + load.Tls == 0)
            {
                throw CommandException.WrongInput("There is nothing to hold: give --plain or --tls another number than 0.");
            }

            using ScratchFolder folder = ScratchFolder.Make("depin-connections", null);
            ConnectionsResult result = await new ConnectionsBench(load, folder.Path, parsed.InvocationConfiguration.Error).RunAsync(cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json) ? result.ToJson() : Text(result));
            return result.IsGood ? 0 : 1;
        });
        return command;
    }

    private static void RequireRoom(int connections, int instances)
    {
        if (connections > 0 && (connections < instances || connections > instances * CrowdChild.MostLamps))
        {
            throw CommandException.WrongInput($"{instances} {(instances == 1 ? "instance holds" : "instances hold")} {instances} to {instances * CrowdChild.MostLamps} connections, not {connections}: give --plain, --tls or --instances another number.");
        }
    }

    private static string Text(ConnectionsResult result) => string.Join('\n', [
        $"alone     {result.AloneBatchesPerSecond} batches a second, {result.Instances} {(result.Instances == 1 ? "instance" : "instances")} on {result.Database}",
        .. Lines("plain", result.Plain), .. Lines("TLS", result.Tls)]);

    private static IEnumerable<string> Lines(string name, KindOfConnection? kind)
    {
        if (kind is null)
        {
            yield break;
        }

        yield return $"{name,-9} {kind.Connections} connections, {kind.ConnectsPerSecond} a second, again {kind.ReconnectsPerSecond}; {kind.CpuMillisecondsPerConnect} ms of CPU and {kind.BytesPerConnection} bytes each; "
            + $"{kind.BatchesPerSecond} batches a second of others; {kind.Lost} lost{(kind.LostReason is null ? "" : $": {kind.LostReason}")}";
        foreach ((int i, InstanceMemory instance) in kind.EachInstance.Index())
        {
            yield return $"          instance {i + 1}: {instance.Connections} connections, from {instance.MemoryMbBefore} to {instance.MemoryMb} MB, {instance.BytesPerConnection} bytes each";
        }
    }
}
