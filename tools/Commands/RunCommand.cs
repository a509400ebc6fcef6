using System.CommandLine;
using DePin.Tools.Demo;
using Spectre.Console;

namespace DePin.Tools.Commands;

/// <summary>depin run: the demonstration.</summary>
internal static class RunCommand
{
    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "How many nodes; of six, four are lamps, one is an AirNode, one a home system. 12 at first, then as before", 1, 500);
    private static readonly Option<int?> Seconds = CommonOptions.Number("--seconds", "Ends by itself after so many real seconds; without it, Ctrl-C ends", 1, 86_400);
    private static readonly Option<bool> Json = CommonOptions.Json("Prints one JSON object on stdout at the end; everything else goes to stderr");
    private static readonly Option<DateTimeOffset?> Start = CommonOptions.Moment("--start", "When the simulated time begins, such as 2026-03-20T17:00Z; otherwise 17:00 local, or an hour before noon with --irradiance");
    private static readonly Option<string?> Irradiance = CommonOptions.ExistingFile("--irradiance", "A measured sky: CSV 'utc,ghi_w_m2,air_c', a line a minute; name its station's place too");
    private static readonly Option<double?> Latitude = CommonOptions.Real("--latitude", "Where the fleet stands, degrees north", -90, 90);
    private static readonly Option<double?> Longitude = CommonOptions.Real("--longitude", "Where the fleet stands, degrees east", -180, 180);
    private static readonly Option<double?> Scale = CommonOptions.Real("--scale", "Simulated seconds in a real one; 300 unless given", 1, 3600);
    private static readonly Option<int?> Seed = CommonOptions.Number("--seed", "Chooses keys, places, habits and weather, to see the same fleet again", 0, int.MaxValue);
    private static readonly Option<string> Data = CommonOptions.Data();
    private static readonly Option<int?> HttpPort = CommonOptions.Number("--http-port", "Port of the dashboard; 5080, or any free one where that is taken", 0, 65535);

    public static Command Create()
    {
        var command = new TaughtCommand(
            "run",
            "Starts the backend and a virtual fleet, and shows how lamps earn credit.",
            "Examples:\n"
            + "  tools/run                                   12 nodes, until Ctrl-C; the next start goes on from there\n"
            + "  tools/run --nodes 5 --seconds 30 --json     ends by itself and prints the figures\n"
            + "  tools/run --irradiance day.csv --latitude 37.70 --longitude -105.92 --data data/alamosa")
        {
            Nodes, Seconds, Json, Start, Irradiance, Latitude, Longitude, Scale, Seed, Data, HttpPort,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(OptionsOf(parsed), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    internal static async Task<int> RunAsync(DemonstrationOptions options, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        TextWriter notices = options.IsJson ? errors : output;
        await using Demonstration demonstration = await Demonstration.StartAsync(options, notices, cancellationToken);
        await notices.WriteLineAsync($"Dashboard: {demonstration.Backend.Addresses.Http}   data and logs: {options.DataFolder}");
        string link = Path.Combine(options.DataFolder, "first-administrator.txt");
        if (File.Exists(link))
        {
            await notices.WriteLineAsync($"To sign in, open the link in {link} within 30 minutes: whoever does becomes the administrator.");
        }
        await ShowAsync(demonstration, options, notices, cancellationToken);
        await notices.WriteLineAsync("Stopping: the open readings are closed, sent and judged ...");
        DemonstrationResult result = await demonstration.FinishAsync();
        await notices.WriteLineAsync($"{result.Readings} readings of {result.Nodes} nodes are stored, {result.CreditedMicro / 1_000_000m:0.000000} credits are pending; the next start goes on from here.");
        if (options.IsJson)
        {
            await output.WriteLineAsync(result.ToJson());
        }

        return 0;
    }

    private static async Task ShowAsync(Demonstration demonstration, DemonstrationOptions options, TextWriter notices, CancellationToken cancellationToken)
    {
        var view = new DemonstrationView(demonstration, notices);
        TimeSpan? howLong = options.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        if (options.IsJson || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            await demonstration.RunAsync(howLong, view.LineAsync, cancellationToken);
            return;
        }

        await AnsiConsole.Live(new Text("")).AutoClear(false).StartAsync(context => demonstration.RunAsync(howLong, async () => context.UpdateTarget(await view.TableAsync()), cancellationToken));
    }

    private static DemonstrationOptions OptionsOf(ParseResult parsed) => new()
    {
        Nodes = parsed.GetValue(Nodes),
        Seconds = parsed.GetValue(Seconds),
        IsJson = parsed.GetValue(Json),
        Start = parsed.GetValue(Start),
        IrradianceFile = parsed.GetValue(Irradiance),
        Latitude = parsed.GetValue(Latitude),
        Longitude = parsed.GetValue(Longitude),
        Scale = parsed.GetValue(Scale) ?? 300,
        Seed = parsed.GetValue(Seed),
        DataFolder = parsed.GetValue(Data)!,
        HttpPort = parsed.GetValue(HttpPort) ?? 5080,
    };
}
