using System.Text.Json.Nodes;
using DePin.Contracts.Flashing;
using DePin.Host.Boards;
using DePin.Tools.Flash;

namespace DePin.Tests.Tools.Flash;

/// <summary>depin flash against the real core on a pseudo-terminal and a real gateway.</summary>
public sealed class FlashTests(ITestOutputHelper output)
{
    private static readonly int[] Requests = [FlashRequest.Hello, FlashRequest.SelfTest, FlashRequest.Provision, FlashRequest.Restart, FlashRequest.ReadBack, FlashRequest.Network];

    [Fact]
    public async Task A_bare_board_becomes_a_registered_node_that_was_heard_and_has_a_label()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        FlashOutcome outcome = await rig.FlashAsync("--load-milliohms", "4700");
        Assert.True(outcome.Code == 0, outcome.Output + outcome.Errors);
        string node = rig.Board.NodeId!;
        Assert.Equal(("done", node, rig.Board.Serial, "ESP32 (simulated)"), (outcome.Text("state"), outcome.Text("nodeId"), outcome.Text("serial"), outcome.Text("chip")));
        output.WriteLine($"seconds for the board: {outcome.Board["seconds"]}, of which nanoff {outcome.Board["flashingProgramSeconds"]}");
        string label = await File.ReadAllTextAsync(outcome.Text("label")!, TestContext.Current.CancellationToken);
        Assert.Contains("profile  lamp-small", label, StringComparison.Ordinal);
        string claim = Assert.Single(rig.Registrations.Claims);
        Assert.Contains(string.Join('-', claim.Chunk(4).Select(four => new string(four))), label, StringComparison.Ordinal);
        Assert.DoesNotContain(claim, outcome.Output + outcome.Errors + JournalText(rig), StringComparison.Ordinal);
        JsonObject request = Assert.Single(rig.Registrations.Requests);
        Assert.Equal(("lamp-small", "run-2026-01", rig.Board.Serial), ((string)request["profile"]!, (string)request["productionRun"]!, (string)request["boardSerial"]!));
        Assert.Equal(["panel", "output"], request["selfTest"]!["sensors"]!.AsArray().Select(sensor => (string)sensor!));
        Assert.InRange((int)request["selfTest"]!["calibrationPermille"]!, 985, 1015);
        JsonNode known = await KnownAsync(rig, node);
        Assert.True((bool)known["isOnline"]!);
    }

    [Fact]
    public async Task Neither_password_nor_key_of_a_node_or_a_network_is_shown_or_kept_by_the_tool()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        FlashOutcome outcome = await rig.FlashAsync("--wifi", "workshop:a network's password");
        JsonObject request = Assert.Single(rig.Registrations.Requests);
        string shown = outcome.Output + outcome.Errors + JournalText(rig);
        Assert.All(["a network's password", (string)request["loginPassword"]!, (string)request["downKey"]!, "a technician's token"], secret => Assert.DoesNotContain(secret, shown, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Three_boards_in_a_batch_get_three_identities_and_one_registration_each()
    {
        await using FlashRig rig = await FlashRig.StartAsync(boards: 3);
        FlashOutcome outcome = await rig.FlashPortsAsync([.. rig.Bench.Boards.Select(board => board.Port)], "--batch");
        Assert.True(outcome.Code == 0, outcome.Output + outcome.Errors);
        Assert.Equal(3, rig.Registrations.Requests.Count);
        Assert.Equal(rig.Bench.Boards.Select(board => board.NodeId), outcome.Boards.Select(board => (string?)board!["nodeId"]));
        Assert.Equal(3, Directory.GetFiles(rig.Labels).Length);
        output.WriteLine($"{JsonNode.Parse(outcome.Output)!["secondsPerBoard"]} s a board");
    }

    [Fact]
    public async Task Many_boards_that_show_their_steps_at_the_same_moment_are_all_in_the_table()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        string[] ports = [.. Enumerable.Range(0, 3000).Select(number => rig.PathOf($"no-port-{number}"))];
        IReadOnlyList<FlashResult> results = await rig.FlashBoardsAsync(ports, atOnce: 16);
        Assert.Equal(ports.Order(StringComparer.Ordinal), results.Select(result => result.Port).Order(StringComparer.Ordinal));
        Assert.All(results, result => Assert.Equal("failed", result.State));
    }

    [Fact]
    public async Task Boards_that_are_plugged_in_while_it_watches_are_flashed_once_and_again_only_when_they_were_unplugged()
    {
        await using FlashRig rig = await FlashRig.StartAsync(boards: 2);
        var there = new List<string> { rig.Bench.Boards[0].Port };
        int looks = 0;
        IReadOnlyList<FlashResult> results = await rig.WatchAsync(
            () =>
            {
                // The second board comes while the first is under way, and the first is looked at many times.
                if (++looks == 3)
                {
                    there.Add(rig.Bench.Boards[1].Port);
                }

                return [.. there];
            },
            boards: 2);
        Assert.Equal(["done", "done"], results.Select(result => result.State));
        Assert.Equal(rig.Bench.Boards.Select(board => board.NodeId), results.Select(result => result.NodeId));
        Assert.Equal(2, rig.Registrations.Requests.Count);
    }

    [Fact]
    public async Task Power_lost_at_any_moment_of_any_request_is_said_and_running_again_ends_with_one_identity_and_one_registration()
    {
        PowerCut[] cuts = [.. Requests.SelectMany(request => Enum.GetValues<CutMoment>().Select(moment => new PowerCut(request, moment)))];
        await using FlashRig rig = await FlashRig.StartAsync(cuts.Length);
        foreach ((SimulatedBoard board, PowerCut cut) in rig.Bench.Boards.Zip(cuts))
        {
            board.Cut = cut;
        }

        string[] ports = [.. rig.Bench.Boards.Select(board => board.Port)];
        FlashOutcome first = await rig.FlashPortsAsync(ports, "--batch", "--at-once", "18", "--wait", "2", "--patience", "4");
        string?[] made = [.. rig.Bench.Boards.Select(board => board.NodeId)];
        Assert.Equal(30, first.Code);
        for (int i = 0; i < cuts.Length; i++)
        {
            Assert.False(rig.Bench.Boards[i].IsOn, $"{cuts[i]}");
            JsonNode said = first.Boards[i]!;

            // The last request of all may be answered after the backend has heard the node: then the board was done.
            bool mayBeDone = cuts[i] == new PowerCut(FlashRequest.Network, CutMoment.AfterTheAnswer);
            Assert.True((int)said["exitCode"]! is (>= 13 and <= 19) || (mayBeDone && (int)said["exitCode"]! == 0), $"{cuts[i]}: {said}");
            Assert.True((int)said["exitCode"]! is 0 or 13 || ((string)said["message"]!).Contains("un this again", StringComparison.Ordinal), $"{cuts[i]}: {said}");
            rig.Bench.Boards[i].PowerOn();
        }

        FlashOutcome again = await rig.FlashPortsAsync(ports, "--batch", "--at-once", "6");
        Assert.True(again.Code == 0, again.Output + again.Errors);
        Assert.Equal(rig.Bench.Boards.Select(board => board.NodeId).Order(StringComparer.Ordinal), rig.Registrations.Registered.Order(StringComparer.Ordinal));
        Assert.All(made.Zip(rig.Bench.Boards), pair => Assert.True(pair.First is null || pair.First == pair.Second.NodeId, "what was made is kept"));
    }

    [Fact]
    public async Task A_cable_pulled_at_any_request_is_said_and_running_again_ends_with_one_identity_and_one_registration()
    {
        await using FlashRig rig = await FlashRig.StartAsync(Requests.Length);
        foreach ((SimulatedBoard board, int request) in rig.Bench.Boards.Zip(Requests))
        {
            board.Pull = request;
        }

        string[] ports = [.. rig.Bench.Boards.Select(board => board.Port)];
        FlashOutcome first = await rig.FlashPortsAsync(ports, "--batch", "--at-once", "6", "--wait", "2", "--patience", "4");
        Assert.Equal(30, first.Code);
        Assert.All(first.Boards, board => Assert.InRange((int)board!["exitCode"]!, 13, 19));
        string?[] made = [.. rig.Bench.Boards.Select(board => board.NodeId)];
        FlashOutcome again = await rig.FlashPortsAsync(ports, "--batch", "--at-once", "6");
        Assert.True(again.Code == 0, again.Output + again.Errors);
        Assert.Equal(rig.Bench.Boards.Select(board => board.NodeId).Order(StringComparer.Ordinal), rig.Registrations.Registered.Order(StringComparer.Ordinal));
        Assert.All(made.Zip(rig.Bench.Boards), pair => Assert.True(pair.First is null || pair.First == pair.Second.NodeId, "what was made is kept"));
    }

    private static string JournalText(FlashRig rig) => string.Concat(Directory.GetFiles(rig.Journals).Select(File.ReadAllText));

    private static async Task<JsonNode> KnownAsync(FlashRig rig, string node) =>
        JsonNode.Parse(await rig.Backend.Http.GetStringAsync($"/api/nodes/{node}", TestContext.Current.CancellationToken))!;
}
