using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using DePin.Contracts;
using DePin.Contracts.Flashing;
using DePin.Contracts.Moving;
using DePin.Fleet.Moving;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

namespace DePin.Tests.Moving;

/// <summary>What a manager may hand to nodes, and what becomes of it; the nodes are as honest as the test says.</summary>
public sealed class SettingsChangeApiTests : IAsyncLifetime
{
    private readonly Signers _signers = new();
    private readonly TestNode _node = new();
    private readonly TestNode _other = new();
    private RunningBackend _backend = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync();
        await _backend.RegisterAsync(_node);
        await _backend.RegisterAsync(_other);
    }

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        _signers.Dispose();
        _node.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData("no base64!", "base64")]
    [InlineData("AAAA", "no signed change of settings")]
    public async Task What_is_no_signed_change_is_refused_with_a_sentence(string message, string words)
    {
        using HttpResponseMessage answer = await SendAsync(message, _node.Id.ToString());
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.False(answer.IsSuccessStatusCode);
        Assert.Equal(0, Number("SELECT count(*) FROM settings_change"));
    }

    [Fact]
    public async Task Unknown_nodes_and_a_version_with_other_content_are_refused_and_nothing_is_stored()
    {
        byte[] first = _signers.Sign(Change(1), 0, 1);
        Assert.Equal(HttpStatusCode.Conflict, (await SendAsync(first, _node.Id.ToString(), "0000000000000000")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(first, "not a node")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(first)).StatusCode);
        Assert.Equal(0, Number("SELECT count(*) FROM settings_change"));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(first, _node.Id.ToString())).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(first, _other.Id.ToString(), _node.Id.ToString())).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await SendAsync(_signers.Sign(Change(1), 1, 2), _node.Id.ToString())).StatusCode);
        Assert.Equal((1L, 2L), (Number("SELECT count(*) FROM settings_change"), Number("SELECT count(*) FROM settings_delivery")));
    }

    [Fact]
    public async Task A_higher_version_takes_the_place_of_one_that_waits_and_a_manager_may_end_it()
    {
        await SendAsync(_signers.Sign(Change(1), 0, 1), _node.Id.ToString(), _other.Id.ToString());
        await SendAsync(_signers.Sign(Change(2), 0, 1), _node.Id.ToString());
        Assert.Equal(["Ended", "Waiting"], (await StatesAsync(1)).Order(StringComparer.Ordinal));
        Assert.Equal(HttpStatusCode.Conflict, (await SendAsync(_signers.Sign(Change(1), 0, 1), _node.Id.ToString())).StatusCode);
        using HttpResponseMessage ended = await _backend.Http.PostAsync("/api/settings-changes/1/end", null, Cancel);
        Assert.Equal(1, (int)JsonNode.Parse(await ended.Content.ReadAsStringAsync(Cancel))!["nodes"]!);
        Assert.Equal(["Ended", "Ended"], await StatesAsync(1));
        // The keys of networks stand in a message: it is forgotten when nobody waits for it.
        Assert.Equal((1L, 1L), (Number("SELECT count(*) FROM settings_change WHERE message IS NULL"), Number("SELECT count(*) FROM settings_change WHERE message IS NOT NULL")));
    }

    [Fact]
    public async Task Reports_by_others_of_other_sessions_and_of_other_versions_change_nothing_and_a_final_one_stands()
    {
        await SendAsync(_signers.Sign(Change(5), 0, 1), _node.Id.ToString());
        MovingDesk desk = _backend.Part<MovingDesk>();
        RegisteredNode node = _backend.Part<NodeDirectory>().Find(_node.Id)!;
        Task<bool> TakeAsync(byte[] message, byte[]? session = null) => desk.TakeAsync(node, session ?? _node.Session, message);

        Assert.False(await TakeAsync(_other.Sign(SettingsChange.Context, Report(_node, 5, SettingsState.Kept))));
        Assert.False(await TakeAsync(_node.Sign(SettingsChange.Context, Report(_other, 5, SettingsState.Kept))));
        Assert.False(await TakeAsync(_node.Sign("depin/1/pair", Report(_node, 5, SettingsState.Kept))));
        Assert.False(await TakeAsync(_node.Sign(SettingsChange.Context, Report(_node, 6, SettingsState.Kept))));
        Assert.False(await TakeAsync(_node.Sign(SettingsChange.Context, Report(_node, 5, SettingsState.Kept)), new byte[8]));
        Assert.False(await TakeAsync([1, 2, 3]));
        Assert.Equal(["Waiting"], await StatesAsync(5));
        Assert.True(await TakeAsync(_node.Sign(SettingsChange.Context, Report(_node, 5, SettingsState.Trying))));
        Assert.True(await TakeAsync(_node.Sign(SettingsChange.Context, Report(_node, 5, SettingsState.TakenBack))));
        Assert.False(await TakeAsync(_node.Sign(SettingsChange.Context, Report(_node, 5, SettingsState.Kept))));
        Assert.Equal(["TakenBack"], await StatesAsync(5));
        Assert.Equal(1, Number("SELECT count(*) FROM settings_change WHERE message IS NULL"));
    }

    [Fact]
    public async Task A_node_that_is_away_is_told_at_its_next_login_and_again_until_it_answers_also_by_a_backend_that_started_anew()
    {
        byte[] signed = _signers.Sign(Change(7), 0, 1);
        await SendAsync(signed, _node.Id.ToString());
        await _backend.RestartAsync();
        for (int login = 0; login < 2; login++)
        {
            await using PairingNode node = await PairingNode.ConnectAsync(_backend, _node, Topics.SettingsOrder);
            byte[] order = await node.HearRawAsync(Topics.SettingsOrder);
            Assert.Equal(signed, SettingsOrder.Decode(order, out _)!.Signed);
            if (login == 1)
            {
                await node.PublishAsync(_node.Sign(SettingsChange.Context, Report(_node, 0, SettingsState.Refused, SettingsRefusal.Malformed)), Topics.SettingsReport);
            }
        }

        Assert.Equal(["Refused"], await StatesAsync(7));
    }

    private static SettingsChange Change(long version) => new()
    {
        Version = version,
        Way = new NodeSettings { NetworkNames = ["clinic"u8.ToArray()], NetworkKeys = ["a network's key"u8.ToArray()], Host = "second.example", Port = 8883, Anchors = [[1, 2, 3]] },
    };

    private static byte[] Report(TestNode node, long version, SettingsState state, SettingsRefusal refusal = SettingsRefusal.None)
    {
        SettingsReport report = SettingsReport.Create(node.Id, node.Session);
        (report.Version, report.State, report.Refusal) = (version, state, refusal);
        return report.Encode();
    }

    private Task<HttpResponseMessage> SendAsync(byte[] message, params string[] nodes) => SendAsync(Convert.ToBase64String(message), nodes);

    private Task<HttpResponseMessage> SendAsync(string message, params string[] nodes) => _backend.Http.PostAsJsonAsync("/api/settings-changes", new { message, nodes }, Cancel);

    private async Task<string[]> StatesAsync(long version)
    {
        string text = await _backend.Http.GetStringAsync($"/api/settings-changes/{version}", Cancel);
        Assert.DoesNotContain("a network's key", text + await _backend.Http.GetStringAsync("/api/events", Cancel), StringComparison.Ordinal);
        return [.. JsonNode.Parse(text)!["items"]!.AsArray().Select(row => (string)row!["state"]!)];
    }

    private long Number(string sql)
    {
        using var connection = _backend.Part<Database>().OpenReader();
        return connection.ExecuteScalar<long>(sql);
    }
}
