using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using DePin.Contracts.Flashing;
using DePin.Host.Boards;
using DePin.Tests.Support;
using DePin.Tools.Api;
using DePin.Tools.Commands;
using DePin.Tools.Flash;

namespace DePin.Tests.Tools.Flash;

/// <summary>Simulated boards on pseudo-terminals, a real backend behind a line that tests can disturb, and the command line.</summary>
internal sealed class FlashRig : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HashSet<string> _deafNetworks = [];

    private FlashRig(RunningBackend backend, RegistrationLine registrations, int boards, TimeProvider? time)
    {
        Backend = backend;
        Registrations = registrations;
        File.WriteAllText(_folder.File("token"), "a technician's token");
        Bench = new SimulatedBench(_folder.File("boards"), boards, DePin.Host.Profile.Named("lamp-small"), name => !_deafNetworks.Contains(name), time);
    }

    public RunningBackend Backend { get; }

    public RegistrationLine Registrations { get; }

    public SimulatedBench Bench { get; }

    public SimulatedBoard Board => Bench.Boards[0];

    public string Labels => _folder.File("labels");

    public string Journals => _folder.File("journal");

    public static async Task<FlashRig> StartAsync(int boards = 1, TimeProvider? time = null)
    {
        RunningBackend backend = await RunningBackend.StartAsync(time);
        return new FlashRig(backend, await RegistrationLine.StartAsync(backend), boards, time);
    }

    public string PathOf(string name) => _folder.File(name);

    /// <summary>From now on no board finds this network.</summary>
    public void Silence(string network) => _deafNetworks.Add(network);

    /// <summary>depin flash for one board, with what a good run needs and the rest as given.</summary>
    public Task<FlashOutcome> FlashAsync(params string[] more) => FlashPortsAsync([Board.Port], more);

    public async Task<FlashOutcome> FlashPortsAsync(string[] ports, params string[] more)
    {
        string[] usual =
        [
            "flash", "--skip-clr", "--json", "--run", "run-2026-01", "--trust-anchor", Backend.CaPath,
            "--backend", Registrations.Address, "--token-file", _folder.File("token"), "--label-out", Labels, "--label-host", "fleet.example", "--ports", .. ports,
        ];
        string[] wifi = more.Contains("--wifi") ? [] : ["--wifi", "workshop:secret"];
        string[] journal = more.Contains("--journal") ? [] : ["--journal", Journals];
        string[] gateway = more.Contains("--gateway") ? [] : ["--gateway", $"127.0.0.1:{Backend.MqttTlsPort}"];
        return await RunAsync([.. usual.Except(more.Contains("--image") ? ["--skip-clr"] : []), .. wifi, .. gateway, .. journal, .. more]);
    }

    /// <summary>The watch of a batch, on ports that the test names.</summary>
    public Task<IReadOnlyList<FlashResult>> WatchAsync(Func<IReadOnlyList<string>> ports, int boards) => RunAsync(run => run.WatchAsync(ports, boards, TestContext.Current.CancellationToken));

    /// <summary>A batch on these ports, so many at once.</summary>
    public Task<IReadOnlyList<FlashResult>> FlashBoardsAsync(string[] ports, int atOnce) => RunAsync(run => run.RunAsync(ports, atOnce, TestContext.Current.CancellationToken));

    private async Task<IReadOnlyList<FlashResult>> RunAsync(Func<FlashRun, Task<IReadOnlyList<FlashResult>>> work)
    {
        using var api = new RegistrationApi(new Uri(Registrations.Address), "token");
        var settings = new NodeSettings
        {
            NetworkNames = ["workshop"u8.ToArray()],
            NetworkKeys = [[]],
            Host = "127.0.0.1",
            Port = Backend.MqttTlsPort,
            Anchors = [X509CertificateLoader.LoadCertificateFromFile(Backend.CaPath).RawData],
            Profile = 1,
        };
        var options = new FlashOptions
        {
            Profile = DePin.Host.Profile.Named("lamp-small"),
            Run = "run-2026-01",
            Settings = settings,
            JournalFolder = Journals,
            Label = new LabelOutput(Labels, "text", "fleet.example"),
            SkipsClr = true,
        };
        return await work(new FlashRun(options, api, _ => { }));
    }

    public async Task<FlashOutcome> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        int code = await CommandLine.RunAsync(arguments, output, errors, TestContext.Current.CancellationToken);
        return new FlashOutcome(code, output.ToString(), errors.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await Bench.DisposeAsync();
        await Registrations.DisposeAsync();
        await Backend.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>What a run said.</summary>
internal sealed record FlashOutcome(int Code, string Output, string Errors)
{
    public JsonArray Boards => JsonNode.Parse(Output)!["boards"]!.AsArray();

    public JsonNode Board => Boards.Single()!;

    public string? Text(string name) => (string?)Board[name];
}
