using System.Net;
using DePin.Contracts.Pairing;
using DePin.Fleet.Pairing;
using DePin.Fleet.People;
using DePin.Tests.Support;

namespace DePin.Tests.Pairing;

/// <summary>Power or network goes at every step, on the node's side, the backend's and the phone's: it ends paired once, or the label is as good as before.</summary>
public sealed class LossTests
{
    public static TheoryData<string> Losses => new(
        "node away when the claim is sent",
        "node's power gone while it is asked",
        "node's link gone after the presses, before its answer",
        "node's power gone after its answer, before the grant",
        "node sends its answer twice",
        "backend gone while the node is waited for",
        "backend gone while the node is asked",
        "backend gone after the pairing, before the phone heard",
        "phone's claim sent twice",
        "phone gone while the node is waited for",
        "phone gone while the node is asked",
        "phone gone after the pairing");

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task Whatever_goes_in_between_the_node_is_paired_once(string loss)
    {
        await using PairingRig rig = await PairingRig.StartAsync();
        (TestNode node, string label) = await rig.RegisterAsync();
        PagesClient phone = await PagesClient.JoinedAsync(rig.Backend, "otieno", Roles.Operator);
        PairingNode? board = loss is "node away when the claim is sent" or "backend gone while the node is waited for" or "phone gone while the node is waited for"
            ? null
            : await PairingNode.ConnectAsync(rig.Backend, node);
        await PairingRig.ShowAsync(phone, label);
        switch (loss)
        {
            case "node away when the claim is sent":
                board = await PairingNode.ConnectAsync(rig.Backend, node);
                await phone.GetAsync(label + "/state");
                break;
            case "node's power gone while it is asked":
                await board!.HearAsync(PairChallenge.Challenge);
                board = await RestartedAsync(rig, node, board);
                await phone.GetAsync(label + "/state");
                break;
            case "node's link gone after the presses, before its answer":
                byte[] late = board!.Answer(await board.HearAsync(PairChallenge.Challenge));
                board = await RestartedAsync(rig, node, board);

                // Signed for a challenge that still lives: it counts, by whichever login it comes.
                await board.PublishAsync(late);
                await board.HearAsync(PairChallenge.Granted);
                await board.DisposeAsync();
                board = null;
                break;
            case "node's power gone after its answer, before the grant":
                await board!.PublishAsync(board.Answer(await board.HearAsync(PairChallenge.Challenge)));
                await (await RestartedAsync(rig, node, board)).DisposeAsync();
                board = null;
                break;
            case "node sends its answer twice":
                byte[] answer = board!.Answer(await board.HearAsync(PairChallenge.Challenge));
                await board.PublishAsync(answer);
                await board.PublishAsync(answer);
                await board.DisposeAsync();
                board = null;
                break;
            case "backend gone while the node is waited for":
                phone = await BackendRestartedAsync(rig, phone);
                Assert.Equal(HttpStatusCode.NotFound, (await phone.GetAsync(label + "/state")).Status);
                await PairingRig.ShowAsync(phone, label);
                board = await PairingNode.ConnectAsync(rig.Backend, node);
                await phone.GetAsync(label + "/state");
                break;
            case "backend gone while the node is asked":
                byte[] old = board!.Answer(await board.HearAsync(PairChallenge.Challenge));
                await board.DisposeAsync();
                phone = await BackendRestartedAsync(rig, phone);
                board = await PairingNode.ConnectAsync(rig.Backend, node);
                await board.PublishAsync(old);
                Assert.Equal(0, rig.Number("SELECT count(*) FROM pairing"));
                await PairingRig.ShowAsync(phone, label);
                break;
            case "backend gone after the pairing, before the phone heard":
                await board!.PublishAsync(board.Answer(await board.HearAsync(PairChallenge.Challenge)));
                await board.DisposeAsync();
                board = null;
                phone = await BackendRestartedAsync(rig, phone);
                break;
            case "phone's claim sent twice":
                PairChallenge asked = await board!.HearAsync(PairChallenge.Challenge);
                await PairingRig.ShowAsync(phone, label);
                await board.PublishAsync(board.Answer(asked));
                await board.HearAsync(PairChallenge.Granted);
                await board.DisposeAsync();
                board = null;
                break;
            case "phone gone while the node is waited for":
                await GoneAsync(rig, label);
                board = await PairingNode.ConnectAsync(rig.Backend, node);
                await phone.GetAsync(label + "/state");
                break;
            case "phone gone while the node is asked":
                byte[] unseen = board!.Answer(await board.HearAsync(PairChallenge.Challenge));
                await GoneAsync(rig, label);
                await board.PublishAsync(unseen);
                Assert.Equal(0, rig.Number("SELECT count(*) FROM pairing"));
                await phone.GetAsync(label + "/state");
                break;
            case "phone gone after the pairing":
                await board!.PublishAsync(board.Answer(await board.HearAsync(PairChallenge.Challenge)));
                await GoneAsync(rig, label);
                await board.DisposeAsync();
                board = null;
                break;
            default:
                throw new InvalidOperationException(loss);
        }

        if (board is not null)
        {
            await board.PublishAsync(board.Answer(await board.HearAsync(PairChallenge.Challenge)));
            await board.HearAsync(PairChallenge.Granted);
            await board.DisposeAsync();
        }

        // Whoever looks again, by the page that is open or by scanning anew, sees that it is theirs.
        (_, string seen) = await phone.GetAsync(label);
        seen = seen.Contains("data-state", StringComparison.Ordinal) ? seen : (await PairingRig.ShowAsync(phone, label)).Text;
        Assert.True(seen.Contains("data-state=\"Paired\"", StringComparison.Ordinal) || seen.Contains("data-state=\"Yours\"", StringComparison.Ordinal), seen);
        Assert.Equal(1, rig.Number("SELECT count(*) FROM pairing WHERE operator = 'otieno' AND to_unix IS NULL"));
        Assert.Equal(1, rig.Number("SELECT count(*) FROM pairing"));
        Assert.Equal(1, rig.Number("SELECT count(*) FROM event WHERE kind = 'pairing'"));
        TestContext.Current.TestOutputHelper!.WriteLine($"{loss}: paired once");
        phone.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_goes_away_for_good_leaves_the_label_as_it_was(bool isNodeThere)
    {
        await using PairingRig rig = await PairingRig.StartAsync();
        (TestNode node, string label) = await rig.RegisterAsync();
        using PagesClient otieno = await PagesClient.JoinedAsync(rig.Backend, "otieno", Roles.Operator);
        using PagesClient njeri = await PagesClient.JoinedAsync(rig.Backend, "njeri", Roles.Operator);
        if (isNodeThere)
        {
            await using PairingNode board = await PairingNode.ConnectAsync(rig.Backend, node);
            await PairingRig.ShowAsync(otieno, label);
            await board.HearAsync(PairChallenge.Challenge);
        }
        else
        {
            await PairingRig.ShowAsync(otieno, label);
        }

        await GoneAsync(rig, label);
        Assert.Equal(0, rig.Number("SELECT count(*) FROM pairing"));
        await rig.PairAsync(node, label, njeri);
        Assert.Equal(1, rig.Number("SELECT count(*) FROM pairing WHERE operator = 'njeri'"));
    }

    // As after a power cut: a new session, and nothing of a challenge kept.
    private static async Task<PairingNode> RestartedAsync(PairingRig rig, TestNode node, PairingNode board)
    {
        await board.DisposeAsync();
        node.Session = System.Security.Cryptography.RandomNumberGenerator.GetBytes(node.Session.Length);
        return await PairingNode.ConnectAsync(rig.Backend, node);
    }

    private static async Task<PagesClient> BackendRestartedAsync(PairingRig rig, PagesClient phone)
    {
        phone.Dispose();
        await rig.Backend.RestartAsync();
        var again = new PagesClient(rig.Backend);
        Assert.Equal(HttpStatusCode.Redirect, (await again.SubmitAsync("/sign-in", new() { ["name"] = "otieno", ["password"] = PagesClient.Password })).Status);
        return again;
    }

    // A page that did not ask for longer than its patience.
    private static async Task GoneAsync(PairingRig rig, string label)
    {
        Attempt attempt = (await rig.Backend.Part<PairingDesk>().LookAsync(new Caller(0, "otieno", Roles.Operator), label.Split('/')[2]))!;
        attempt.SeenAt -= 60_000;
    }
}
