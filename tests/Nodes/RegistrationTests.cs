using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using DePin.Fleet;
using DePin.Fleet.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Nodes;

/// <summary>Registering nodes over the API.</summary>
public sealed class RegistrationTests : IAsyncLifetime
{
    private readonly TestNode _node = new();
    private readonly TestNode _other = new();
    private RunningBackend _backend = null!;

    public async ValueTask InitializeAsync() => _backend = await RunningBackend.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        _other.Dispose();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_node_is_registered_once_and_then_exists()
    {
        Assert.Equal($"[{{\"nodeId\":\"{_node.Id}\",\"result\":\"registered\"}}]", await OkAsync(_node.Registration()));
        Assert.Equal($"[{{\"nodeId\":\"{_node.Id}\",\"result\":\"exists\"}}]", await OkAsync(_node.Registration()));
        JsonElement view = await _backend.Http.GetFromJsonAsync<JsonElement>($"/api/nodes/{_node.Id.ToReadable()}", Cancel);
        Assert.Equal("lamp-small", view.GetProperty("profile").GetString());
        Assert.Equal(7000, view.GetProperty("agreement").GetProperty("operator").GetInt32());
        Assert.Equal(1, (await _backend.Http.GetFromJsonAsync<JsonElement>("/api/nodes", Cancel)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task The_same_node_with_other_content_is_a_conflict_and_none_of_the_request_is_stored()
    {
        await OkAsync(_node.Registration());
        string sentence = await ProblemAsync(HttpStatusCode.Conflict, _other.Registration(), _node.Registration(place: "Kisumu 13"));
        Assert.Equal($"Node {_node.Id} is registered with another place; none of this request was stored.", sentence);
        Assert.Null(_backend.Part<NodeDirectory>().Find(_other.Id));
        Assert.Equal(1, (await _backend.Http.GetFromJsonAsync<JsonElement>("/api/nodes", Cancel)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_node_with_a_mistake_is_named_and_none_is_registered()
    {
        NodeRequest good = _node.Registration();
        foreach ((NodeRequest wrong, string field) in new[]
        {
            (_other.Registration() with { PublicKey = "02" + new string('f', 64) }, "publicKey"),
            (_other.Registration() with { PublicKey = "04" + good.PublicKey[2..] }, "publicKey"),
            (_other.Registration() with { LoginPassword = "short" }, "loginPassword"),
            (_other.Registration() with { DownKey = new string('G', 64) }, "downKey"),
            (_other.Registration() with { Profile = "lamp-huge" }, "profile"),
            (_other.Registration() with { Operator = "Amina" }, "operator"),
            (_other.Registration() with { CapitalBuilder = "" }, "capitalBuilder"),
            (_other.Registration() with { Place = new string('x', 65) }, "place"),
            (_other.Registration() with { Latitude = 91 }, "latitude"),
            (_other.Registration() with { Longitude = -181 }, "longitude"),
            (_other.Registration() with { Agreement = new AgreementRequest(7000, 3001) }, "The shares of an agreement"),
            (_other.Registration() with { PairedFromUnixSeconds = 1_790_000_000_000 }, "pairedFromUnixSeconds"),
        })
        {
            Assert.StartsWith($"Node 2 of 2: {field}", await ProblemAsync(HttpStatusCode.BadRequest, good, wrong), StringComparison.Ordinal);
        }

        Assert.Equal(0, _backend.Part<NodeDirectory>().Count);
    }

    [Fact]
    public async Task Requests_of_no_node_or_too_many_are_refused()
    {
        await ProblemAsync(HttpStatusCode.BadRequest);
        await ProblemAsync(HttpStatusCode.BadRequest, [.. Enumerable.Repeat(_node.Registration(), 1001)]);
    }

    [Fact]
    public async Task Without_the_token_the_api_answers_nobody()
    {
        using var stranger = new HttpClient { BaseAddress = _backend.Http.BaseAddress };
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/api/nodes", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/API/nodes", Cancel)).StatusCode);
        stranger.DefaultRequestHeaders.Authorization = new("Bearer", new string('0', 64));
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/api/nodes", Cancel)).StatusCode);
        Assert.Equal("live", await stranger.GetStringAsync("/health/live", Cancel));
    }

    [Fact]
    public async Task Keys_survive_a_restart_and_stand_nowhere_in_the_database()
    {
        await OkAsync(_node.Registration());
        await _backend.RestartAsync();
        RegisteredNode node = _backend.Part<NodeDirectory>().Find(_node.Id)!;
        Assert.Equal(_node.DownKey, node.DownKey);
        Assert.True(node.IsPassword(System.Text.Encoding.ASCII.GetBytes(_node.Password)));
        foreach (string file in Directory.GetFiles(_backend.DataFolder, "fleet.db*"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            Assert.Equal(-1, bytes.AsSpan().IndexOf(_node.DownKey));
            Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(_node.Password)));
        }
    }

    [Fact]
    public async Task Without_its_master_key_a_backend_with_nodes_does_not_start()
    {
        await OkAsync(_node.Registration());
        string folder = _backend.DataFolder;
        string key = Path.Combine(folder, "keys", "master.key");
        string kept = await File.ReadAllTextAsync(key, System.Text.Encoding.Latin1, Cancel);
        File.Delete(key);
        var refusal = await Assert.ThrowsAsync<StartRefusedException>(() => _backend.RestartAsync());
        Assert.Contains("master.key is missing", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(key));

        await File.WriteAllBytesAsync(key, RandomNumberGenerator.GetBytes(32), Cancel);
        refusal = await Assert.ThrowsAsync<StartRefusedException>(() => _backend.RestartAsync());
        Assert.Contains("does not open", refusal.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(key, kept, System.Text.Encoding.Latin1, Cancel);
        await _backend.RestartAsync();
        Assert.NotNull(_backend.Part<NodeDirectory>().Find(_node.Id));
    }

    [Fact]
    public void Every_compressed_key_gives_the_point_it_was_made_of()
    {
        for (int i = 0; i < 32; i++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
            ECPoint again = CompressedPoint.Decompress(CompressedPoint.Compress(point))!.Value.Q;
            Assert.Equal((Convert.ToHexString(point.X!), Convert.ToHexString(point.Y!)), (Convert.ToHexString(again.X!), Convert.ToHexString(again.Y!)));
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<string> OkAsync(params NodeRequest[] nodes)
    {
        using HttpResponseMessage response = await _backend.Http.PostAsJsonAsync("/api/nodes", nodes, Cancel);
        string body = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, body);
        return body;
    }

    private async Task<string> ProblemAsync(HttpStatusCode status, params NodeRequest[] nodes)
    {
        using HttpResponseMessage response = await _backend.Http.PostAsJsonAsync("/api/nodes", nodes, Cancel);
        Assert.Equal((status, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("detail").GetString()!;
    }
}
