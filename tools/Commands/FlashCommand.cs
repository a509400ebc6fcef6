using System.CommandLine;
using System.Diagnostics;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Host;
using DePin.Tools.Api;
using DePin.Tools.Backend;
using DePin.Tools.Flash;

namespace DePin.Tools.Commands;

/// <summary>depin flash: from a bare board to a registered node with a label.</summary>
internal static class FlashCommand
{
    private static readonly Option<string[]> Ports = new("--port", "--ports") { Description = "Serial port; several with --batch. Without it the only one there is", HelpName = "PORT", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<bool> Batch = new("--batch") { Description = "Board after board: those at --ports, else every board that is plugged in until Ctrl-C" };
    private static readonly Option<int?> Boards = CommonOptions.Number("--boards", "With --batch: ends after so many", 1, 100_000);
    private static readonly Option<int?> AtOnce = CommonOptions.Number("--at-once", "With --batch: boards at the same time; 4 unless given", 1, 64);
    private static readonly Option<bool> SkipClr = new("--skip-clr") { Description = "The firmware is on already; nanoff is not called" };
    private static readonly Option<string> Target = new("--target") { Description = "nanoFramework target of the module", HelpName = "NAME", DefaultValueFactory = _ => "ESP32_PSRAM_REV3" };
    private static readonly Option<string?> Image = CommonOptions.ExistingFile("--image", "Deployment image (.bin)");
    private static readonly Option<string?> Partitions = CommonOptions.ExistingFile("--partitions", "Partition table of the target (.csv or .bin), where it is not the stock one");
    private static readonly Option<string?> Offline = new("--offline") { Description = "Folder with nanoff's firmware archive: no internet for the firmware", HelpName = "FOLDER" };
    private static readonly Option<string?> BackendUrl = new("--backend") { Description = "Address of the backend", HelpName = "URL" };
    private static readonly Option<string?> TokenFile = CommonOptions.ExistingFile("--token-file", "A technician's API token");
    private static readonly Option<string> Data = CommonOptions.Data();
    private static readonly Option<string?> Run = new("--run") { Description = "Production run that was bought", HelpName = "NAME" };
    private static readonly Option<int?> Load = CommonOptions.Number("--load-milliohms", "Known resistor at the output: its meter is corrected by it", 100, 1_000_000);
    private static readonly Option<string?> LabelHost = new("--label-host") { Description = "Host in the label's address; the backend's unless given", HelpName = "HOST" };
    private static readonly Option<string> LabelFormat = new("--label-format") { Description = $"Form of the label: {string.Join(", ", LabelOutput.Formats)}", DefaultValueFactory = _ => LabelOutput.Formats[0], HelpName = "FORM" };
    private static readonly Option<string> LabelOut = new("--label-out") { Description = "Folder for the labels", HelpName = "FOLDER", DefaultValueFactory = _ => Path.Combine(Repository.Root, "data", "labels") };
    private static readonly Option<string> Journal = new("--journal") { Description = "Folder of the boards' journals, by which a failed step is taken up again", HelpName = "FOLDER", DefaultValueFactory = _ => Path.Combine(Repository.Root, "data", "flash") };
    private static readonly Option<int?> Wait = CommonOptions.Number("--wait", "Seconds for Wi-Fi, and again for the first status; 60 unless given", 1, 3600);
    private static readonly Option<int?> Patience = CommonOptions.Number("--patience", "Seconds that a board may take to start; 20 unless given", 1, 300);
    private static readonly Option<string?> Repair = new("--repair") { Description = "Makes a new key that succeeds this node's on the same hardware", HelpName = "NODEID" };
    private static readonly Option<bool> Scrap = new("--scrap") { Description = "Takes the board out of the fleet and wipes it; needs --reason" };
    private static readonly Option<string?> Reason = new("--reason") { Description = "Why, with --scrap", HelpName = "TEXT" };
    private static readonly Option<string?> ExportLog = new("--export-log") { Description = "Only writes the board's log to a file", HelpName = "FILE" };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints one JSON object at the end");

    public static Command Create()
    {
        var command = new TaughtCommand(
            "flash",
            "Puts firmware, settings and an identity on boards, registers them, waits until the backend hears them, and writes their labels.",
            "Exit codes: 0 done; 10 port, 11 clr, 12 deploy, 13 handshake, 14 self-test, 15 identity, 16 register, 17 read-back, 18 wiFi, 19 firstStatus,\n"
            + "20 label, 30 some boards of a batch. What fails can be begun again: the board keeps its one identity, the backend its one registration.\n\nExamples:\n"
            + "  tools/depin flash --image node.bin --run run-2026-01 --backend https://fleet.example --token-file token \\\n"
            + "      --gateway fleet.example:8883 --trust-anchor ca.pem --wifi workshop:secret --load-milliohms 4700\n"
            + "  tools/depin flash --batch --offline firmware ...      every board that is plugged in, one after the other\n"
            + "  tools/depin flash --skip-clr --ports /dev/ttyUSB0 /dev/ttyUSB1 --batch --json ...\n"
            + "  tools/depin flash --port /dev/ttyUSB0 --export-log lamp.log\n"
            + "  tools/depin flash --port /dev/ttyUSB0 --scrap --reason 'water in the case' --backend https://fleet.example --token-file token")
        {
            Ports, Batch, Boards, AtOnce, SkipClr, Target, Image, Partitions, Offline, BackendUrl, TokenFile, Data, Run, Load,
            LabelHost, LabelFormat, LabelOut, Journal, Wait, Patience, Repair, Scrap, Reason, ExportLog, Json,
        };
        foreach (Option option in FlashArguments.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            return parsed.GetValue(ExportLog) is { } file ? await ExportAsync(parsed, file, cancellationToken)
                : parsed.GetValue(Scrap) ? await ScrapAsync(parsed, cancellationToken)
                : await FlashAsync(parsed, cancellationToken);
        }
        catch (FlashException problem)
        {
            throw new CommandException(problem.ExitCode, problem.Message, problem);
        }
    }

    private static async Task<int> FlashAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using RegistrationApi api = ApiOf(parsed);
        FlashOptions options = OptionsOf(parsed, api);
        TextWriter output = parsed.InvocationConfiguration.Output;
        bool isLive = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        var view = new FlashView(output, parsed.InvocationConfiguration.Error, isLive, parsed.GetValue(Json));
        var run = new FlashRun(options, api, view.Show);
        bool isWatch = parsed.GetValue(Batch) && PortsOf(parsed).Length == 0;
        string[] ports = isWatch ? [] : RequiredPorts(parsed);
        long began = Stopwatch.GetTimestamp();
        IReadOnlyList<FlashResult> results = await view.RunAsync(() => isWatch
            ? run.WatchAsync(PortSearch.Find, parsed.GetValue(Boards) ?? int.MaxValue, cancellationToken)
            : run.RunAsync(ports, parsed.GetValue(AtOnce) ?? 4, cancellationToken));
        await view.EndAsync(results, Stopwatch.GetElapsedTime(began).TotalSeconds);
        return FlashRun.ExitCode(results);
    }

    private static async Task<int> ExportAsync(ParseResult parsed, string file, CancellationToken cancellationToken)
    {
        long bytes = await BoardEnd.ExportLogAsync(OnlyPort(parsed), file, PatienceOf(parsed), cancellationToken);
        await parsed.InvocationConfiguration.Output.WriteLineAsync($"{bytes} bytes of the board's log are in {file}.");
        return 0;
    }

    private static async Task<int> ScrapAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string reason = parsed.GetValue(Reason) is { Length: >= 3 and <= 500 } given ? given : throw CommandException.WrongInput("--scrap needs a --reason of 3 to 500 characters; it is recorded.");
        using RegistrationApi api = ApiOf(parsed);
        string? node = await BoardEnd.ScrapAsync(api, OnlyPort(parsed), reason, Path.GetFullPath(parsed.GetValue(Journal)!), PatienceOf(parsed), cancellationToken);
        await parsed.InvocationConfiguration.Output.WriteLineAsync($"{node ?? "A board without an identity"} is scrapped: out of the fleet, and its key is wiped. Its label is void.");
        return 0;
    }

    private static FlashOptions OptionsOf(ParseResult parsed, RegistrationApi api)
    {
        Profile profile = FlashArguments.ProfileOf(parsed);
        NodeSettings settings = FlashArguments.SettingsOf(parsed, profile);
        string? image = parsed.GetValue(Image);
        if (image is null && !parsed.GetValue(SkipClr))
        {
            throw CommandException.WrongInput("Name the deployment image with --image FILE, or say --skip-clr where the firmware is on already.");
        }

        if (image is not null && !parsed.GetValue(SkipClr))
        {
            // Before any board is touched.
            _ = PartitionTable.For(parsed.GetValue(Target)!, parsed.GetValue(Partitions), parsed.GetValue(Offline));
        }

        if (parsed.GetValue(Repair) is { } repairs && (NodeId.Parse(repairs) is null || parsed.GetValue(Batch)))
        {
            throw CommandException.WrongInput("--repair takes one node id of 16 characters, and no --batch.");
        }

        if (!LabelOutput.Formats.Contains(parsed.GetValue(LabelFormat)))
        {
            throw CommandException.WrongInput($"--label-format takes {string.Join(", ", LabelOutput.Formats)}, not '{parsed.GetValue(LabelFormat)}'.");
        }

        var wait = TimeSpan.FromSeconds(parsed.GetValue(Wait) ?? 60);
        return new FlashOptions
        {
            Profile = profile,
            Run = parsed.GetValue(Run) ?? throw CommandException.WrongInput("Name the production run that these boards belong to: --run NAME."),
            Settings = settings,
            JournalFolder = Path.GetFullPath(parsed.GetValue(Journal)!),
            Label = new LabelOutput(Path.GetFullPath(parsed.GetValue(LabelOut)!), parsed.GetValue(LabelFormat)!, parsed.GetValue(LabelHost) ?? api.Address.Host),
            SkipsClr = parsed.GetValue(SkipClr),
            Target = parsed.GetValue(Target)!,
            Image = image,
            Archive = parsed.GetValue(Offline),
            Partitions = parsed.GetValue(Partitions),
            LoadMilliohms = parsed.GetValue(Load),
            Repairs = parsed.GetValue(Repair) is { } id ? NodeId.Parse(id)!.ToString() : null,
            NetworkLimit = wait,
            StatusLimit = wait,
            Patience = PatienceOf(parsed),
        };
    }

    private static TimeSpan PatienceOf(ParseResult parsed) => TimeSpan.FromSeconds(parsed.GetValue(Patience) ?? 20);

    private static RegistrationApi ApiOf(ParseResult parsed)
    {
        string address = parsed.GetValue(BackendUrl) ?? BackendAddresses.Require(parsed.GetValue(Data)!).Http;
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            throw CommandException.WrongInput($"--backend takes an address such as https://fleet.example, not '{address}'.");
        }

        if (uri.Scheme == "http" && !uri.IsLoopback)
        {
            throw CommandException.WrongInput($"{address} is not encrypted: a token and a node's password would pass in the clear. Use https.");
        }

        return new RegistrationApi(uri, parsed.GetValue(TokenFile) is { } file ? TokenIn(file) : ApiTokenFile.Read(parsed.GetValue(Data)!, ApiTokenFile.Person));
    }

    private static string TokenIn(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw CommandException.WrongInput($"The token {file} cannot be read ({problem.Message.TrimEnd('.')}): name a technician's with --token-file.");
        }
    }

    private static string[] PortsOf(ParseResult parsed) => [.. (parsed.GetValue(Ports) ?? []).SelectMany(port => port.Split(',', StringSplitOptions.RemoveEmptyEntries))];

    private static string[] RequiredPorts(ParseResult parsed)
    {
        string[] ports = PortsOf(parsed);
        return ports.Length > 1 && !parsed.GetValue(Batch) ? throw CommandException.WrongInput("Several ports want --batch.") : ports.Length > 0 ? ports : [OnlyPort(parsed)];
    }

    private static string OnlyPort(ParseResult parsed)
    {
        string[] named = PortsOf(parsed);
        IReadOnlyList<string> ports = named.Length > 0 ? named : PortSearch.Find();
        return ports.Count == 1
            ? ports[0]
            : throw new FlashException(FlashStep.Port, ports.Count == 0 ? "No serial port is there: is the board plugged in?" : $"There are several ports; name one with --port: {string.Join(", ", ports)}");
    }
}
