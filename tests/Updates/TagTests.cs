using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Updates;

/// <summary>Tags of many nodes at once: all of them, or none.</summary>
public sealed class TagTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Many_nodes_are_tagged_at_once_or_none()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using var one = new TestNode();
        using var two = new TestNode();
        await backend.RegisterAsync(one);
        await backend.RegisterAsync(two);
        string[] nodes = [one.Id.ToString(), two.Id.ToString()];
        Assert.Equal((HttpStatusCode.OK, 2), await ChangeAsync(backend, new { nodes, add = new[] { "pilot", "coast" } }));
        Assert.Equal((HttpStatusCode.OK, 0), await ChangeAsync(backend, new { nodes, add = new[] { "pilot" } }));
        Assert.Equal((HttpStatusCode.OK, 1), await ChangeAsync(backend, new { nodes = nodes[..1], add = new[] { "new" }, remove = new[] { "pilot" } }));
        Assert.Equal(["coast", "new"], await TagsAsync(backend, nodes[0]));
        Assert.Equal(["coast", "pilot"], await TagsAsync(backend, nodes[1]));
        Assert.Equal(HttpStatusCode.NotFound, (await ChangeAsync(backend, new { nodes = new[] { nodes[0], "0000000000000000" }, add = new[] { "lost" } })).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await ChangeAsync(backend, new { nodes, add = new[] { "Loud" } })).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await ChangeAsync(backend, new { nodes, add = new[] { "a" }, remove = new[] { "a" } })).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await ChangeAsync(backend, new { nodes })).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await ChangeAsync(backend, new { nodes, add = Enumerable.Range(0, 31).Select(i => $"t{i}") })).Status);
        Assert.Equal(["coast", "new"], await TagsAsync(backend, nodes[0]));
        JsonArray events = JsonNode.Parse(await backend.Http.GetStringAsync($"/api/events?node={nodes[0]}", Cancel))!["items"]!.AsArray();
        Assert.Equal(2, events.Count(made => (string?)made!["kind"] == "tags"));
    }

    private static async Task<(HttpStatusCode Status, int Changed)> ChangeAsync(RunningBackend backend, object content)
    {
        using HttpResponseMessage answer = await backend.Http.PostAsJsonAsync("/api/tags", content, Cancel);
        JsonNode said = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!;
        return (answer.StatusCode, (int?)said["changed"] ?? 0);
    }

    private static async Task<string[]> TagsAsync(RunningBackend backend, string node) =>
        [.. JsonNode.Parse(await backend.Http.GetStringAsync($"/api/nodes/{node}/tags", Cancel))!["tags"]!.AsArray().Select(tag => (string)tag!)];
}
