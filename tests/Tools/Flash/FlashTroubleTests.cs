using System.Text.Json.Nodes;
using DePin.Contracts.Flashing;
using DePin.Fleet.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Tools.Flash;

/// <summary>What goes wrong at a bench, and what the tool says and keeps then.</summary>
public sealed class FlashTroubleTests
{
    [Fact]
    public async Task Without_wifi_at_the_bench_a_board_is_registered_not_yet_heard_and_gets_its_label_where_there_is_some()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        rig.Silence("workshop");
        FlashOutcome first = await rig.FlashAsync("--wait", "1");
        Assert.Equal((18, "notHeard", "wiFi"), (first.Code, first.Text("state"), first.Text("step")));
        Assert.Contains("registered, not yet heard", first.Text("message"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(rig.Labels), "no label before the first status");
        FlashOutcome again = await rig.FlashAsync("--wifi", "elsewhere:");
        Assert.True(again.Code == 0, again.Output);
        Assert.Equal(first.Text("nodeId"), again.Text("nodeId"));
        Assert.Equal(2, rig.Registrations.Requests.Count);
        Assert.Single(rig.Registrations.Registered);
        Assert.Contains(string.Join('-', rig.Registrations.Claims.Last().Chunk(4).Select(four => new string(four))), await LabelAsync(again), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_the_board_cannot_reach_is_named_with_the_boards_own_words()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        FlashOutcome outcome = await rig.FlashAsync("--gateway", "127.0.0.1:1", "--wait", "1");
        Assert.Equal((19, "notHeard"), (outcome.Code, outcome.Text("state")));
        Assert.Contains("the backend has not heard it", outcome.Text("message"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runUnknown")]
    [InlineData("runFull")]
    [InlineData("priceAboveCeiling")]
    [InlineData("keySeenBefore")]
    [InlineData("serialSeenBefore")]
    [InlineData("scrapped")]
    public async Task A_refusal_is_shown_by_its_name_and_leaves_the_identity_for_when_it_is_lifted(string refusal)
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        rig.Registrations.Refusal = refusal;
        FlashOutcome refused = await rig.FlashAsync();
        Assert.Equal((16, "register"), (refused.Code, refused.Text("step")));
        Assert.Contains($"refuses this board: {refusal}.", refused.Text("message"), StringComparison.Ordinal);
        rig.Registrations.Refusal = null;
        FlashOutcome taken = await rig.FlashAsync();
        Assert.Equal((0, refused.Text("nodeId")), (taken.Code, taken.Text("nodeId")));
    }

    [Fact]
    public async Task A_backend_that_is_away_for_a_moment_is_asked_again()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        rig.Registrations.Unavailable = 1;
        FlashOutcome outcome = await rig.FlashAsync();
        Assert.True(outcome.Code == 0, outcome.Output);
        Assert.Equal(2, rig.Registrations.Requests.Count);
    }

    [Fact]
    public async Task A_repair_gives_the_same_hardware_a_new_key_names_the_old_one_and_is_done_once()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        string old = (await rig.FlashAsync()).Text("nodeId")!;
        FlashOutcome repaired = await rig.FlashAsync("--repair", old);
        Assert.True(repaired.Code == 0, repaired.Output);
        string successor = repaired.Text("nodeId")!;
        Assert.NotEqual(old, successor);
        Assert.Equal(old, (string)rig.Registrations.Requests.Last()["replaces"]!);
        FlashOutcome again = await rig.FlashAsync("--repair", old);
        Assert.Equal((0, successor), (again.Code, again.Text("nodeId")));
        FlashOutcome other = await rig.FlashAsync("--journal", rig.PathOf("another bench"));
        Assert.Contains($"has an identity already ({successor})", other.Text("notice"), StringComparison.Ordinal);
        FlashOutcome wrong = await rig.FlashAsync("--repair", "0000000000000000");
        Assert.Equal(15, wrong.Code);
        Assert.Contains("another identity", wrong.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrapping_takes_the_node_out_of_the_fleet_and_wipes_the_board_which_then_is_bare()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        string node = (await rig.FlashAsync()).Text("nodeId")!;
        string[] scrap = ["flash", "--port", rig.Board.Port, "--scrap", "--reason", "water in the case", "--backend", rig.Registrations.Address, "--token-file", rig.PathOf("token"), "--journal", rig.Journals];
        FlashOutcome outcome = await rig.RunAsync(scrap);
        Assert.Equal(0, outcome.Code);
        Assert.Contains($"{node} is scrapped", outcome.Output, StringComparison.Ordinal);
        Assert.Null(rig.Backend.Part<NodeDirectory>().Find(node));
        await Eventually.HoldsAsync(() => rig.Board.NodeId is null, "the board is bare");
        Assert.Empty(Directory.GetFiles(rig.Journals));
        Assert.Equal(0, (await rig.RunAsync(scrap)).Code);
        FlashOutcome anew = await rig.FlashAsync();
        Assert.True(anew.Code == 0, anew.Output);
        Assert.NotEqual(node, anew.Text("nodeId"));
    }

    [Fact]
    public async Task The_boards_log_is_exported_over_the_cable()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        await rig.FlashAsync();
        FlashOutcome outcome = await rig.RunAsync("flash", "--port", rig.Board.Port, "--export-log", rig.PathOf("lamp.log"));
        Assert.Equal(0, outcome.Code);
        string log = await File.ReadAllTextAsync(rig.PathOf("lamp.log"), TestContext.Current.CancellationToken);
        Assert.Contains($"board {rig.Board.Serial}", log, StringComparison.Ordinal);
        Assert.Contains("0 start\n", log, StringComparison.Ordinal);
        Assert.Contains("network: ", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_load_is_told_before_anything_is_registered()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        FlashOutcome outcome = await rig.FlashAsync("--load-milliohms", "10000");
        Assert.Equal((14, "selfTest"), (outcome.Code, outcome.Text("step")));
        Assert.Contains("Is the right load plugged in?", outcome.Text("message"), StringComparison.Ordinal);
        Assert.Empty(rig.Registrations.Requests);
        Assert.Null(rig.Board.NodeId);
    }

    [Fact]
    public async Task A_port_that_is_not_there_and_one_with_nobody_behind_it_have_codes_of_their_own()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        FlashOutcome missing = await rig.FlashPortsAsync([rig.PathOf("nowhere")]);
        Assert.Equal((10, "port"), (missing.Code, missing.Text("step")));
        rig.Board.PowerOff();
        FlashOutcome silent = await rig.FlashAsync("--patience", "1");
        Assert.Equal((13, "handshake"), (silent.Code, silent.Text("step")));
    }

    [Fact]
    public async Task In_a_batch_a_bad_board_holds_up_nobody()
    {
        await using FlashRig rig = await FlashRig.StartAsync(boards: 2);
        rig.Board.PowerOff();
        FlashOutcome outcome = await rig.FlashPortsAsync([.. rig.Bench.Boards.Select(board => board.Port)], "--batch", "--patience", "4", "--at-once", "1");
        Assert.Equal(30, outcome.Code);
        Assert.Equal(["failed", "done"], outcome.Boards.Select(board => (string)board!["state"]!));
        Assert.Equal((1, 1), ((int)JsonNode.Parse(outcome.Output)!["done"]!, (int)JsonNode.Parse(outcome.Output)!["failed"]!));
    }

    [Theory]
    [InlineData("Name the gateway", "--gateway", "")]
    [InlineData("--gateway takes HOST:PORT", "--gateway", "nowhere")]
    [InlineData("--wifi takes SSID:PASSWORD", "--wifi", "nocolon")]
    [InlineData("up to 3 networks", "--wifi", "a:", "--wifi", "b:", "--wifi", "c:", "--wifi", "d:")]
    [InlineData("There is no profile", "--profile", "lamp-huge")]
    [InlineData("--repair takes one node id", "--repair", "short")]
    [InlineData("--label-format takes", "--label-format", "papyrus")]
    [InlineData("is not encrypted", "--backend", "http://fleet.example")]
    [InlineData("--backend takes an address", "--backend", "fleet")]
    public async Task What_is_wrong_on_the_command_line_is_one_sentence_and_touches_no_board(string sentence, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("token"), "token", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("ca.pem"), TestCertificate.Pem, TestContext.Current.CancellationToken);
        string[] usual = ["--gateway", "localhost:1", "--backend", "http://localhost:1"];
        string[] kept = [.. usual.Chunk(2).Where(pair => !arguments.Contains(pair[0])).SelectMany(pair => pair)];
        string[] given = arguments is ["--gateway", ""] ? [] : arguments;
        using var output = new StringWriter();
        using var errors = new StringWriter();
        int code = await DePin.Tools.Commands.CommandLine.RunAsync(
            ["flash", "--skip-clr", "--port", "nowhere", "--run", "r", "--token-file", folder.File("token"), "--trust-anchor", folder.File("ca.pem"), "--journal", folder.File("journal"), .. kept, .. given],
            output,
            errors,
            TestContext.Current.CancellationToken);
        Assert.True(code == 2, errors.ToString());
        Assert.Contains(sentence, errors.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("journal")));
    }

    private static Task<string> LabelAsync(FlashOutcome outcome) => File.ReadAllTextAsync(outcome.Text("label")!, TestContext.Current.CancellationToken);
}
