using System.CommandLine;
using System.Net;
using System.Text.Json;
using DePin.Host.Mqtt;
using DePin.Tools.Bench;

namespace DePin.Tools.Commands;

/// <summary>depin bench hold: idle lamps in a process of their own. Hidden: 'bench connections' starts it and tells it by lines on stdin what to do.</summary>
internal static class HoldCommand
{
    private static readonly Option<string?> Logins = CommonOptions.ExistingFile("--logins", "A line \"node id, blank, password\" for each lamp");
    private static readonly Option<int?> First = CommonOptions.Number("--first", "Line of the first lamp, from 0", 0, 10_000_000);
    private static readonly Option<int?> Count = CommonOptions.Number("--count", "Lamps", 1, CrowdChild.MostLamps);
    private static readonly Option<int?> Port = CommonOptions.Number("--port", "Of the gateway on this machine", 1, 65_535);
    private static readonly Option<string?> Authority = CommonOptions.ExistingFile("--authority", "Whom they trust over TLS; plain without it");

    public static Command Create()
    {
        var command = new Command("hold", "Holds idle lamps; 'bench connections' tells it on stdin what to do.") { Logins, First, Count, Port, Authority };
        command.Hidden = true;
        Logins.Required = First.Required = Count.Required = Port.Required = true;
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        (string Id, string Password)[] logins = [.. File.ReadLines(parsed.GetValue(Logins)!).Skip(parsed.GetValue(First)!.Value).Take(parsed.GetValue(Count)!.Value)
            .Select(line => line.Split(' ')).Select(parts => (parts[0], parts[1]))];
        var gateway = new IPEndPoint(IPAddress.Loopback, parsed.GetValue(Port)!.Value);
        await using var crowd = new IdleCrowd(logins, gateway, parsed.GetValue(Authority) is { } authority ? GatewayAddress.Tls($"{gateway.Address}", gateway.Port, authority).TlsOptions() : null);
        while (await Console.In.ReadLineAsync(cancellationToken) is { } order)
        {
            switch (order)
            {
                case CrowdChild.Open:
                    await crowd.OpenAsync(cancellationToken);
                    break;
                case CrowdChild.Close:
                    await crowd.CloseAsync();
                    break;
                default:
                    break;
            }

            await parsed.InvocationConfiguration.Output.WriteLineAsync(JsonSerializer.Serialize(crowd.State, JsonSerializerOptions.Web));
        }

        return 0;
    }
}
