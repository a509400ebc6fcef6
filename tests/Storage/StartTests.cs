using System.Diagnostics;
using System.Text.Json;
using DePin.Fleet;
using DePin.Tests.Support;

namespace DePin.Tests.Storage;

/// <summary>The program as a person starts it: a mistake is one sentence and exit code 2, and nothing was changed.</summary>
public sealed class StartTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("--http-port=70000", "httpPort is 70000; it must be a number from 0 to 65535.")]
    [InlineData("--http-port=many", "--http-port is 'many'; it must be a whole number.")]
    [InlineData("--mqtt-plain-port=-2", "mqttPlainPort is -2; it must be a number from -1 to 65535.")]
    [InlineData("--mqtt-tls-port", "--mqtt-tls-port needs a value.")]
    [InlineData("--wat", "Unknown option '--wat'.")]
    [InlineData("--settings=/nowhere/at.all", "The settings file /nowhere/at.all cannot be read:")]
    public void A_wrong_command_line_is_named(string argument, string sentence) =>
        Assert.StartsWith(sentence, Refused(argument), StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"gateway\":{\"wat\":1}}", "at gateway.wat in line 1: there is no setting of this name.")]
    [InlineData("{\"httpPort\":\"80\"}", "at httpPort in line 1: the value is not of the type this setting has.")]
    [InlineData("{\"httpPort\":80,\"httpPort\":81}", "at httpPort in line 1: it is given twice.")]
    [InlineData("{\"gateway\":null}", "at gateway in line 1: null is not a value here")]
    [InlineData("{\"httpPort\":80,", "at its top in line 1: it is not valid")]
    [InlineData("{\"logLevel\":\"loud\"}", "at logLevel in line 1: the value is not of the type this setting has.")]
    public void A_wrong_settings_file_is_named_with_the_place(string json, string sentence)
    {
        File.WriteAllText(_temporary.File("settings.json"), json);
        Assert.Contains(sentence, Refused("--settings", _temporary.File("settings.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_ports_that_are_one_are_named() =>
        Assert.Contains("port 5000 is given to two", Refused("--http-port=5000", "--mqtt-tls-port=5000"), StringComparison.Ordinal);

    [Fact]
    public void The_command_line_outranks_the_file()
    {
        File.WriteAllText(_temporary.File("settings.json"), "{\"httpPort\":81,\"dataFolder\":\"d\",\"gateway\":{\"maxConnections\":5}}");
        FleetSettings settings = SettingsReader.Read(["--settings", _temporary.File("settings.json"), "--http-port=82"]);
        Assert.Equal((82, "d", 5), (settings.HttpPort, settings.DataFolder, settings.Gateway.MaxConnections));
    }

    [Fact]
    public async Task A_wrong_start_of_the_program_ends_with_code_2_and_changes_nothing()
    {
        (int exitCode, string errors) = await RunAsync("--data", _temporary.File("data"), "--http-port", "x");
        Assert.Equal((2, "--http-port is 'x'; it must be a whole number."), (exitCode, errors.Trim()));
        Assert.False(Directory.Exists(_temporary.File("data")));
    }

    [Fact]
    public async Task A_second_backend_on_one_folder_ends_with_code_2_and_the_first_stays()
    {
        await using RunningBackend first = await RunningBackend.StartAsync();
        (int exitCode, string errors) = await RunAsync("--data", first.DataFolder, "--http-port", "0", "--mqtt-tls-port", "0", "--mqtt-plain-port", "-1");
        Assert.Equal(2, exitCode);
        Assert.Contains("in use by another backend", errors, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(first.DataFolder, "addresses.json")));
        Assert.Equal("ready", await first.Http.GetStringAsync("/health/ready", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task It_says_on_which_database_it_runs_and_stops_at_once()
    {
        using Process process = Start("--data", _temporary.File("data"), "--http-port", "0", "--mqtt-tls-port", "0", "--mqtt-plain-port", "-1");
        string addresses = Path.Combine(_temporary.File("data"), "addresses.json");
        await Eventually.HoldsAsync(() => File.Exists(addresses), "the addresses are written", deadlineSeconds: 60);
        JsonElement written = JsonDocument.Parse(await File.ReadAllTextAsync(addresses, Cancel)).RootElement;
        Assert.Equal(process.Id, written.GetProperty("processId").GetInt32());
        Assert.Equal(JsonValueKind.Null, written.GetProperty("mqttPlain").ValueKind);

        using (Process stop = Process.Start("kill", ["-TERM", process.Id.ToString()]))
        {
            await stop.WaitForExitAsync(Cancel);
        }

        string log = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.Equal(0, process.ExitCode);
        Assert.Contains(", SQLite 3.", log, StringComparison.Ordinal);
        Assert.Contains("this machine only", log, StringComparison.Ordinal);
        Assert.False(File.Exists(addresses));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using RunningBackend first = await RunningBackend.StartAsync();
        string port = first.Http.BaseAddress!.Port.ToString();
        (int exitCode, string errors) = await RunAsync("--data", _temporary.File("data"), "--http-port", port, "--mqtt-tls-port", "0", "--mqtt-plain-port", "-1");
        Assert.Equal(2, exitCode);
        Assert.Contains(port, errors, StringComparison.Ordinal);
        Assert.Single(errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_data_folder_that_is_a_file_is_named_with_code_2()
    {
        await File.WriteAllTextAsync(_temporary.File("data"), "", Cancel);
        (int exitCode, string errors) = await RunAsync("--data", _temporary.File("data"), "--http-port", "0", "--mqtt-tls-port", "0", "--mqtt-plain-port", "-1");
        Assert.Equal(2, exitCode);
        Assert.Contains(_temporary.File("data"), errors, StringComparison.Ordinal);
        Assert.Single(errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task What_nobody_foresaw_is_one_sentence_and_code_1()
    {
        // A folder where the file of addresses has to be.
        Directory.CreateDirectory(Path.Combine(_temporary.File("data"), "addresses.json"));
        (int exitCode, string errors) = await RunAsync("--data", _temporary.File("data"), "--http-port", "0", "--mqtt-tls-port", "0", "--mqtt-plain-port", "-1");
        Assert.Equal(1, exitCode);
        Assert.Contains("addresses.json", errors, StringComparison.Ordinal);
        Assert.Contains("DEPIN_VERBOSE=1", errors, StringComparison.Ordinal);
        Assert.Single(errors.Trim().Split('\n'));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Refused(params string[] arguments) => Assert.Throws<StartRefusedException>(() => SettingsReader.Read(arguments)).Message;

    private static async Task<(int ExitCode, string Errors)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync(Cancel);
        await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, await errors);
    }

    private static Process Start(params string[] arguments)
    {
        // The program's own folder: the tests' has no runtime configuration for it.
        string here = typeof(FleetBackend).Assembly.Location;
        int tests = here.LastIndexOf("/tests/", StringComparison.Ordinal);
        string program = here[..tests] + "/fleet-backend/" + here[(tests + "/tests/".Length)..];
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        return Process.Start(start)!;
    }
}
