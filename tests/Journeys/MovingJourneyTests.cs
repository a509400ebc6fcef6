using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DePin.Contracts.Flashing;
using DePin.Contracts.Moving;
using DePin.Fleet.People;
using DePin.Node.Moving;
using DePin.Tests.Support;

namespace DePin.Tests.Journeys;

/// <summary>
/// A fleet's lamp goes to another backend with another authority, by a message that two holders of release keys signed: the real core over real TLS
/// connections to two real backends, on a clock that a test moves on by a day.
/// </summary>
public sealed class MovingJourneyTests : IDisposable
{
    private readonly Signers _signers = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _signers.Dispose();

    [Fact]
    public async Task A_signed_change_takes_the_lamp_to_another_backend_whose_authority_it_did_not_know()
    {
        await using RunningBackend first = await RunningBackend.StartAsync();
        await using RunningBackend second = await RunningBackend.StartAsync();
        await using MovableLamp lamp = MovableLamp.For(first, _signers.PublicKeys);
        await lamp.RegisterAsync(first);
        await lamp.RegisterAsync(second);
        await lamp.IsOnlineAtAsync(first);
        byte[] message = _signers.Sign(Change(1, second.MqttTlsPort, MovableLamp.Authority(second)), 0, 1);
        await OrderAsync(first, message, lamp);
        await lamp.IsOnlineAtAsync(second);
        await lamp.StandsAsync(where => where.SignedState == MoveState.Kept && where.Version == 1, "the first login keeps it");
        await lamp.StandsAsync(where => where.Settings!.NetworkNames.Length == 1, "its networks stay");
        await Eventually.HoldsAsync(async () => await StateAsync(first, 1) == "Trying", "the first backend knows that it is tried");

        // The second backend hears how it ended, where it is told of it too.
        await OrderAsync(second, message, lamp);
        await Eventually.HoldsAsync(async () => await StateAsync(second, 1) == "Kept", "the second backend hears that it is kept");
        JsonArray events = JsonNode.Parse(await second.Http.GetStringAsync("/api/events", Cancel))!["items"]!.AsArray();
        Assert.Contains(events, entry => (string?)entry!["kind"] == "settings report");
        Assert.Equal(0, (int)JsonNode.Parse(await second.Http.GetStringAsync("/api/settings-changes", Cancel))!["items"]![0]!["trying"]!);
    }

    [Fact]
    public async Task From_a_gateway_that_does_not_answer_the_lamp_comes_back_after_a_day_and_says_so()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        await using MovableLamp lamp = MovableLamp.For(backend, _signers.PublicKeys);
        await lamp.RegisterAsync(backend);
        await lamp.IsOnlineAtAsync(backend);
        byte[] message = _signers.Sign(Change(3, 1, [1, 2, 3]), 1, 2);
        await OrderAsync(backend, message, lamp);
        await lamp.StandsAsync(where => where.SignedState == MoveState.Trying && where.Settings!.Port == 1, "the other gateway is tried");
        await lamp.PassAsync(TimeSpan.FromHours(24));
        await lamp.IsOnlineAtAsync(backend);
        await Eventually.HoldsAsync(async () => await StateAsync(backend, 3) == "TakenBack", "the backend hears that it was taken back");

        // Its number is used up, and a higher one is taken.
        using HttpResponseMessage lower = await SendAsync(backend, _signers.Sign(Change(2, 1, [1]), 0, 1), lamp.Id);
        Assert.Equal(HttpStatusCode.Conflict, lower.StatusCode);
        await OrderAsync(backend, _signers.Sign(Change(4, backend.MqttTlsPort, MovableLamp.Authority(backend)), 0, 2), lamp);
        await Eventually.HoldsAsync(async () => await StateAsync(backend, 4) == "Kept", "and a right one is kept", deadlineSeconds: 30);
    }

    [Fact]
    public async Task A_message_that_two_of_the_nodes_keys_did_not_sign_is_refused_by_the_node_and_the_manager_sees_why()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        await using MovableLamp lamp = MovableLamp.For(backend, _signers.PublicKeys);
        await lamp.RegisterAsync(backend);
        await lamp.IsOnlineAtAsync(backend);
        await OrderAsync(backend, _signers.Sign(Change(9, 1, [1]), 0, 4), lamp);
        await Eventually.HoldsAsync(async () => await StateAsync(backend, 9) == "Refused", "the node refuses");
        JsonNode row = JsonNode.Parse(await backend.Http.GetStringAsync("/api/settings-changes/9", Cancel))!["items"]![0]!;
        Assert.Equal(("BadSignatures", lamp.Id), ((string?)row["refusal"], (string?)row["nodeId"]));
        await lamp.StandsAsync(where => where.Version == 0, "nothing was stored");
        await lamp.IsOnlineAtAsync(backend);
    }

    private static SettingsChange Change(long version, int port, byte[] anchor) => new() { Version = version, Way = new NodeSettings { Host = "127.0.0.1", Port = port, Anchors = [anchor] } };

    private static async Task OrderAsync(RunningBackend backend, byte[] message, MovableLamp lamp)
    {
        using HttpResponseMessage answer = await SendAsync(backend, message, lamp.Id);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task<HttpResponseMessage> SendAsync(RunningBackend backend, byte[] message, string node)
    {
        using HttpClient manager = backend.As("wanjiru", Roles.Manager);
        return await manager.PostAsJsonAsync("/api/settings-changes", new { message = Convert.ToBase64String(message), nodes = new[] { node } }, Cancel);
    }

    private static async Task<string?> StateAsync(RunningBackend backend, long version) =>
        (string?)JsonNode.Parse(await backend.Http.GetStringAsync($"/api/settings-changes/{version}", Cancel))!["items"]![0]!["state"];
}
