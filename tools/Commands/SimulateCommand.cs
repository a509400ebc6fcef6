using System.CommandLine;
using DePin.Host;
using DePin.Host.Lives;
using DePin.Tools.Api;
using DePin.Tools.Backend;
using DePin.Tools.Lives;

namespace DePin.Tools.Commands;

/// <summary>depin simulate: only the virtual fleet, against a backend that runs already.</summary>
internal static class SimulateCommand
{
    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "How many nodes; 12 unless given", 1, 10_000);
    private static readonly Option<int?> Seconds = CommonOptions.Number("--seconds", "Ends by itself after so many real seconds; without it, Ctrl-C ends", 1, 86_400);
    private static readonly Option<string?> Gateway = new("--gateway") { Description = "HOST:PORT of a gateway elsewhere, TLS; needs --ca", HelpName = "HOST:PORT" };
    private static readonly Option<string?> Authority = CommonOptions.ExistingFile("--ca", "PEM of the certificate authority to trust, with --gateway");
    private static readonly Option<string?> Fleet = new("--fleet") { Description = "Folder of the fleet: keys, flash and batteries; 'fleet' in the data folder unless given", HelpName = "FOLDER" };
    private static readonly Option<string?> Irradiance = CommonOptions.ExistingFile("--irradiance", "A measured sky: CSV 'utc,ghi_w_m2,air_c'");
    private static readonly Option<string> Data = CommonOptions.Data();
    private static readonly Option<int?> Years = CommonOptions.Number("--years", "Lives so many years of one node in simulated time, without a gateway", 1, 10);
    private static readonly Option<int?> Days = CommonOptions.Number("--days", "The same for so many days", 1, 3650);
    private static readonly Option<int?> Seed = CommonOptions.Number("--seed", "With --years or --days: whose life; 1 unless given", 0, int.MaxValue);
    private static readonly Option<string?> ProfileName = new("--profile") { Description = "With --years or --days: the hardware; lamp-small unless given", HelpName = "NAME" };
    private static readonly Option<bool> Json = CommonOptions.Json("With --years or --days: prints one JSON object");
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var command = new TaughtCommand(
            "simulate",
            "Runs only a virtual fleet, against a backend that runs already; or lives one node's years in simulated time.",
            "Its clock is the backend's where --data names a demonstration, else the system's.\n\nExamples:\n"
            + "  tools/depin register --fleet data/more --nodes 3              makes three nodes known to the backend\n"
            + "  tools/depin simulate --fleet data/more --nodes 3              and runs them\n"
            + "  tools/depin simulate --gateway fleet.example:8883 --ca ca.pem --fleet data/more\n"
            + "  tools/depin simulate --years 1 --seed 7 --json                a lamp's year, with outages and power cuts, and its verdicts")
        {
            Nodes, Seconds, Gateway, Authority, Fleet, Irradiance, Data, Years, Days, Seed, ProfileName, Json,
        };
        command.SetAction((parsed, cancellationToken) => parsed.GetValue(Years) is null && parsed.GetValue(Days) is null ? RunAsync(parsed, cancellationToken) : LiveAsync(parsed, cancellationToken));
        return command;
    }

    /// <summary>The options of a fleet in a folder; the gateway is where nothing listens, for commands that only look.</summary>
    internal static FleetOptions FleetIn(string folder, int nodes) => new() { Folder = folder, Nodes = nodes, GatewayPort = 1 };

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        FleetOptions options = OptionsOf(parsed);
        string clockFile = Path.Combine(parsed.GetValue(Data)!, "clock.json");
        try
        {
            TimeProvider clock = parsed.GetValue(Gateway) is null && File.Exists(clockFile) ? ScaledClock.Join(clockFile) : TimeProvider.System;
            await using VirtualFleet fleet = VirtualFleet.Open(options);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (parsed.GetValue(Seconds) is { } seconds)
            {
                end.CancelAfter(TimeSpan.FromSeconds(seconds));
            }

            await output.WriteLineAsync($"{fleet.Nodes.Count} nodes of {options.Folder} publish to {options.GatewayHost}:{options.GatewayPort}.");
            await fleet.RunAsync(clock, end.Token);
            bool isDrained = await fleet.DrainAsync(DrainLimit);
            FleetTotals totals = fleet.Totals();
            await output.WriteLineAsync(
                $"{totals.AcknowledgedBatches} batches were acknowledged, {totals.RejectedMessages} messages rejected, {totals.OutboxBatches} batches wait for the next run.");
            string error = fleet.Look().Select(node => node.LastLinkError).FirstOrDefault(text => text.Length > 0) ?? "nothing was heard of the gateway";
            return isDrained ? 0 : throw CommandException.Failed($"Not everything was acknowledged within {DrainLimit.TotalSeconds:0} s ({error}); it is kept and goes out in the next run.");
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidDataException)
        {
            throw CommandException.WrongInput(problem.Message);
        }
    }

    private static async Task<int> LiveAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        int days = parsed.GetValue(Days) ?? (365 * parsed.GetValue(Years)!.Value);
        LifeOptions options = new() { Seed = parsed.GetValue(Seed) ?? 1, Days = days };
        if (parsed.GetValue(ProfileName) is { } profile)
        {
            string[] names = [.. Profile.All.Select(known => known.Name)];
            options = names.Contains(profile) ? options with { Profile = profile } : throw CommandException.WrongInput($"There is no profile '{profile}'; there are {string.Join(", ", names)}.");
        }

        TextWriter errors = parsed.InvocationConfiguration.Error;
        LivedLife life = NodeLife.Run(options, day => errors.Write(day % 5 == 0 ? $"\rday {day} of {days}" : string.Empty), cancellationToken);
        await errors.WriteLineAsync($"\rlived; now the verdicts of {life.Messages.Count} messages ...");
        using ScratchFolder folder = ScratchFolder.Make("depin-life", kept: null);
        FleetSummary verdicts = await LifeVerdicts.JudgeAsync(life, options, folder.Path, cancellationToken);
        await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json) ? LifeReport.Json(life.Result, verdicts) : LifeReport.Text(life.Result, verdicts));
        return life.Result.Breaches.Count == 0 ? 0 : 1;
    }

    private static FleetOptions OptionsOf(ParseResult parsed)
    {
        string data = parsed.GetValue(Data)!;
        string folder = parsed.GetValue(Fleet) is { } given ? Path.GetFullPath(given) : Path.Combine(data, "fleet");
        FleetOptions options = FleetIn(folder, parsed.GetValue(Nodes) ?? 12) with { IrradianceFile = parsed.GetValue(Irradiance) };
        if (parsed.GetValue(Gateway) is not { } gateway)
        {
            BackendAddresses addresses = BackendAddresses.Require(data);
            return options with { GatewayHost = addresses.MqttTls.Host, GatewayPort = addresses.MqttTls.Port, AuthorityFile = Path.Combine(data, "ca.pem") };
        }

        int colon = gateway.LastIndexOf(':');
        if (colon < 1 || !int.TryParse(gateway[(colon + 1)..], out int port) || port is < 1 or > 65535)
        {
            throw CommandException.WrongInput($"--gateway takes HOST:PORT such as fleet.example:8883, not '{gateway}'.");
        }

        string authority = parsed.GetValue(Authority) ?? throw CommandException.WrongInput("--gateway needs --ca: the PEM file of the certificate authority to trust (the backend's ca.pem).");
        return options with { GatewayHost = gateway[..colon], GatewayPort = port, AuthorityFile = authority };
    }
}
