using System.Net.Http.Json;
using DePin.Fleet.Care;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Care;

/// <summary>Who stands before a node sees that its credit is held.</summary>
public sealed class HeldNodesTests
{
    [Fact]
    public async Task The_receipts_of_a_suspended_node_say_that_its_credit_is_held_until_the_suspension_is_lifted()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using var suspended = new TestNode();
        using var other = new TestNode();
        await backend.RegisterAsync(suspended);
        await backend.RegisterAsync(other);
        await PostAsync(backend, $"/api/nodes/{suspended.Id}/suspension", new { reason = "looks odd", evidence = "a call", cure = "a visit" });
        Assert.Equal((true, false), (await IsHeldAsync(backend, suspended), await IsHeldAsync(backend, other)));
        await PostAsync(backend, $"/api/nodes/{suspended.Id}/lift", new { reason = "seen, all is well" });
        Assert.False(await IsHeldAsync(backend, suspended));
    }

    private static async Task<bool> IsHeldAsync(RunningBackend backend, TestNode node)
    {
        backend.Part<HeldNodes>().Look();
        RegisteredNode registered = backend.Part<NodeDirectory>().Find(node.Id)!;
        return node.OpenReceipt(await backend.Part<IngestPipeline>().SealReceiptAsync(registered, node.Session, TestContext.Current.CancellationToken)).IsCreditHeld;
    }

    private static async Task PostAsync(RunningBackend backend, string path, object content)
    {
        using HttpResponseMessage response = await backend.Http.PostAsJsonAsync(path, content, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
