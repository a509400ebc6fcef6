using System.Net;
using DePin.Contracts.Pairing;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Tests.Pairing;
using DePin.Tests.Support;

namespace DePin.Tests.Instances;

/// <summary>The person's page and the node may be at two instances.</summary>
public sealed class PairingAcrossTests(InstancesRig.Pair pair) : IAsyncLifetime, IClassFixture<InstancesRig.Pair>
{
    private readonly TestNode _node = new();
    private readonly InstancesRig _rig = pair.Rig;
    private string _label = "";

    private RunningBackend One => _rig[0];

    private RunningBackend Other => _rig[1];

    public async ValueTask InitializeAsync()
    {
        await PairingRig.BuyAsync(One);
        _label = await PairingRig.RegisterAsync(Other, _node, _node.Id.ToString());
    }

    public ValueTask DisposeAsync()
    {
        _node.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_page_at_one_instance_pairs_a_node_at_another()
    {
        await using PairingNode node = await PairingNode.ConnectAsync(Other, _node);
        await Eventually.HoldsAsync(() => One.Part<NodePresence>().Find(_node.Id.ToString()) is { IsOnline: true, LastStatus: not null }, "the first instance hears of the node");
        using PagesClient person = await PagesClient.JoinedAsync(One, "otieno", Roles.Operator);
        Assert.Equal(HttpStatusCode.OK, (await PairingRig.ShowAsync(person, _label)).Status);
        await node.PublishAsync(node.Answer(await node.HearAsync(PairChallenge.Challenge)));
        await node.HearAsync(PairChallenge.Granted);
        Assert.Equal(1, _rig.Number($"SELECT count(*) FROM pairing p JOIN node n ON n.id = p.node WHERE n.node_id = '{_node.Id}' AND p.operator = 'otieno'"));
    }

    [Fact]
    public async Task Two_people_at_one_node_cancel_each_other_also_at_two_instances()
    {
        await using PairingNode node = await PairingNode.ConnectAsync(Other, _node);
        await Eventually.HoldsAsync(() => One.Part<NodePresence>().Find(_node.Id.ToString()) is { IsOnline: true, LastStatus: not null }, "the first instance hears of the node");
        using PagesClient first = await PagesClient.JoinedAsync(One, "njeri", Roles.Operator);
        using PagesClient second = await PagesClient.JoinedAsync(Other, "wanjiru", Roles.Operator);
        await PairingRig.ShowAsync(first, _label);
        PairChallenge challenge = await node.HearAsync(PairChallenge.Challenge);
        await PairingRig.ShowAsync(second, _label);
        await node.HearAsync(PairChallenge.Withdrawn);
        await node.PublishAsync(node.Answer(challenge));
        await Eventually.HoldsAsync(async () => (await first.GetAsync(_label + "/state")).Text == (await second.GetAsync(_label + "/state")).Text, "both hear the same");
        Assert.Equal(0, _rig.Number($"SELECT count(*) FROM pairing p JOIN node n ON n.id = p.node WHERE n.node_id = '{_node.Id}'"));
    }
}
