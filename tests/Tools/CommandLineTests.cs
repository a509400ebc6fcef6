using DePin.Tests.Support;
using DePin.Tools.Commands;

namespace DePin.Tests.Tools;

/// <summary>What people type, and what they are told.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--nodes takes a whole number from 1 to 500", "run", "--nodes", "0")]
    [InlineData("--nodes takes a whole number from 1 to 500", "run", "--nodes", "many")]
    [InlineData("--seconds takes a whole number", "run", "--seconds", "-1")]
    [InlineData("--latitude takes a number from -90 to 90", "run", "--latitude", "91")]
    [InlineData("--scale takes a number from 1 to 3600", "run", "--scale", "0.5")]
    [InlineData("--start takes a time", "run", "--start", "yesterday")]
    [InlineData("there is no file 'nowhere.csv'", "run", "--irradiance", "nowhere.csv")]
    [InlineData("'--bogus' is no command or option", "run", "--bogus")]
    [InlineData("'nonsense' is no command or option", "nonsense")]
    [InlineData("Name either a FILE.json or --fleet FOLDER", "register")]
    [InlineData("nowhere.json holds no registrations", "register", "nowhere.json")]
    [InlineData("--gateway takes HOST:PORT", "simulate", "--gateway", "nowhere")]
    [InlineData("--gateway needs --ca", "simulate", "--gateway", "nowhere:1")]
    [InlineData("No backend runs on", "summary")]
    [InlineData("No backend runs on", "statement", "operator:amina")]
    [InlineData("Required argument missing", "statement")]
    [InlineData("--kills takes a whole number", "crash", "--kills", "0")]
    [InlineData("Required command was not provided", "bench")]
    [InlineData("There is no case 'nonsense'", "updates", "--case", "nonsense")]
    [InlineData("--nodes takes a whole number from 3", "updates", "--nodes", "2")]
    [InlineData("--wave takes a number of nodes, or a share", "rollout", "create", "--name", "x", "--reason", "y", "--wave", "some")]
    [InlineData("No backend runs on", "rollout", "watch", "1")]
    [InlineData("--backend needs --token-file", "rollout", "list", "--backend", "https://fleet.example")]
    [InlineData("Name the firmware and a --reason", "rollout", "recall")]
    public async Task Wrong_input_is_one_sentence_and_exit_code_2_and_nothing_is_made(string sentence, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        bool takesData = arguments[0] is "run" or "simulate" or "register" or "summary" or "statement" or "rollout";
        (int code, string output, string errors) = await RunAsync(takesData ? [.. arguments, "--data", folder.File("data")] : arguments);
        Assert.Equal(2, code);
        Assert.Contains(sentence, errors, StringComparison.Ordinal);
        Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(output);
        Assert.False(Directory.Exists(folder.File("data")), "nothing was made");
    }

    [Fact]
    public async Task A_malformed_sky_is_refused_before_anything_is_made()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("sky.csv"), "utc,ghi_w_m2,air_c\n2016-01-01T00:00:00Z,much,1\n", TestContext.Current.CancellationToken);
        (int code, _, string errors) = await RunAsync("run", "--irradiance", folder.File("sky.csv"), "--data", folder.File("data"));
        Assert.Equal(2, code);
        Assert.Contains("line 2: ghi_w_m2 is 'much'", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("data")), "nothing was made");
    }

    [Fact]
    public async Task What_nobody_foresaw_is_one_sentence_and_exit_code_1_and_verbose_shows_where()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("data"), "a file where a folder should be", TestContext.Current.CancellationToken);
        (int code, _, string errors) = await RunAsync("run", "--seconds", "1", "--data", folder.File("data"));
        Assert.Equal(1, code);
        Assert.Contains(folder.File("data"), errors, StringComparison.Ordinal);
        Assert.Contains("--verbose", errors, StringComparison.Ordinal);
        Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        (code, _, errors) = await RunAsync("run", "--seconds", "1", "--data", folder.File("data"), "--verbose");
        Assert.Equal(1, code);
        Assert.Contains("   at DePin.Tools.", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--verbose")]
    public async Task An_option_whose_value_was_forgotten_does_not_take_the_next_one_for_it(string next)
    {
        (int code, _, string errors) = await RunAsync("chaos", "--keep", next);
        Assert.Equal(2, code);
        Assert.StartsWith($"--keep has no value: '{next}' is an option.", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("simulate")]
    [InlineData("register")]
    [InlineData("statement")]
    [InlineData("bench", "ingest")]
    [InlineData("bench", "rollout")]
    [InlineData("bench", "live")]
    [InlineData("bench", "connections")]
    [InlineData("bench", "wave")]
    [InlineData("release", "make")]
    [InlineData("rollout", "create")]
    [InlineData("updates")]
    [InlineData("flash")]
    [InlineData("board")]
    [InlineData("crash")]
    public async Task The_help_of_a_command_ends_with_an_example(params string[] command)
    {
        (int code, string output, _) = await RunAsync([.. command, "--help"]);
        Assert.Equal(0, code);
        Assert.Contains("Example", output, StringComparison.Ordinal);
        Assert.Contains($"tools/{(command[0] == "run" ? "run" : "depin " + string.Join(' ', command))}", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        int code = await CommandLine.RunAsync(arguments, output, errors, TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }
}
