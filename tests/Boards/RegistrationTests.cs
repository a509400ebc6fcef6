using System.Data.Common;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using DePin.Contracts.Pairing;
using DePin.Fleet.Boards;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Fleet.Upkeep;
using DePin.Tests.Support;

namespace DePin.Tests.Boards;

/// <summary>Boards become nodes for recorded purchases only; everything else is refused by name and kept.</summary>
public sealed class RegistrationTests : IAsyncLifetime
{
    private readonly SteppedClock _time = new(1_789_000_000);
    private readonly TestNode _node = new() { OpensUnixSeconds = 1_789_000_000 };
    private readonly TestNode _other = new() { OpensUnixSeconds = 1_789_000_000 };
    private RunningBackend _backend = null!;
    private HttpClient _technician = null!;
    private HttpClient _manager = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync(_time);
        _technician = _backend.As("tess", Roles.Technician);
        _manager = _backend.As("mary", Roles.Manager);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(_manager, "/api/production-runs", Run("two", bought: 2))).Status);
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        _other.Dispose();
        _technician.Dispose();
        _manager.Dispose();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_board_of_a_run_is_registered_once_and_each_answer_voids_the_claim_before()
    {
        (_, JsonNode first) = await PostAsync(_technician, "/api/registrations", Board(_node, "AA01"));
        (_, JsonNode second) = await PostAsync(_technician, "/api/registrations", Board(_node, "AA01"));
        Assert.Equal(("registered", "exists"), ((string?)first["result"], (string?)second["result"]));
        Assert.NotEqual((string?)first["claim"], (string?)second["claim"]);
        Assert.Equal((1, 2), ((int)second["run"]!["registered"]!, (int)second["run"]!["bought"]!));
        Assert.Equal(1, Number("SELECT count(*) FROM claim WHERE used_ms IS NULL"));
        Assert.Equal((0, 1), (Number($"SELECT count(*) FROM claim WHERE hex(hash) = '{HashOf(first)}'"), Number($"SELECT count(*) FROM claim WHERE hex(hash) = '{HashOf(second)}'")));
        if (TestDatabase.IsPostgres)
        {
            return;
        }

        Assert.DoesNotContain((string)second["claim"]!, await File.ReadAllTextAsync(Path.Combine(_backend.DataFolder, "fleet.db-wal"), System.Text.Encoding.Latin1, Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_not_bought_costs_too_much_or_was_seen_before_is_refused_by_name_and_kept()
    {
        await RefusedAsync(_manager, "/api/production-runs", Run("dear", bought: 1, cents: 9_999_999), "priceAboveCeiling");
        await RefusedAsync(_technician, "/api/registrations", Board(_node, "AA01", run: "none"), "runUnknown");
        await RefusedAsync(_technician, "/api/registrations", Board(_node, "AA01", profile: "airnode"), "profileNotOfRun");
        await PostAsync(_technician, "/api/registrations", Board(_node, "AA01"));
        await RefusedAsync(_technician, "/api/registrations", Board(_node, "AA02"), "keySeenBefore");
        await RefusedAsync(_technician, "/api/registrations", Board(_other, "AA01"), "serialSeenBefore");
        await PostAsync(_technician, "/api/registrations", Board(_other, "AA02"));
        using var third = new TestNode();
        await RefusedAsync(_technician, "/api/registrations", Board(third, "AA03"), "runFull");
        await RefusedAsync(_manager, "/api/production-runs", Run("two", bought: 3), "runExists");
        JsonArray flags = (await _manager.GetFromJsonAsync<JsonNode>("/api/registrations/flags", Cancel))!["items"]!.AsArray();
        Assert.Equal(["runFull", "serialSeenBefore", "keySeenBefore", "profileNotOfRun", "runUnknown", "priceAboveCeiling"], flags.Select(flag => (string?)flag!["refusal"]));
        Assert.Equal(2, Number("SELECT count(*) FROM registration"));
    }

    [Fact]
    public async Task A_scrapped_node_may_not_log_in_and_its_board_becomes_another_without_counting_twice()
    {
        await PostAsync(_technician, "/api/registrations", Board(_node, "AA01"));
        RegisteredNode known = _backend.Part<NodeDirectory>().Find(_node.Id)!;
        await new CollectingSink(_backend.Part<IngestPipeline>(), known, _node.Session).AskAsync(_node.SignNext());
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(_technician, $"/api/registrations/{_node.Id}/scrap", new { reason = "water" })).Status);
        Assert.Null(_backend.Part<NodeDirectory>().Find(_node.Id));
        await RefusedAsync(_technician, "/api/registrations", Board(_node, "AA01"), "scrapped");
        await _backend.RestartAsync();
        Assert.Null(_backend.Part<NodeDirectory>().Find(_node.Id));
        using HttpClient technician = _backend.As("tess", Roles.Technician);
        (_, JsonNode anew) = await PostAsync(technician, "/api/registrations", Board(_other, "AA01"));
        Assert.Equal(1, (int)anew["run"]!["registered"]!);
    }

    [Fact]
    public async Task A_registered_node_is_heard_and_earns_nothing_until_it_is_paired()
    {
        await PostAsync(_technician, "/api/registrations", Board(_node, "AA01"));
        var sink = new CollectingSink(_backend.Part<IngestPipeline>(), _backend.Part<NodeDirectory>().Find(_node.Id)!, _node.Session);
        await sink.AskAsync(_node.SignNext());
        await Eventually.HoldsAsync(() => Number("SELECT count(*) FROM verdict WHERE refused = readings") == 1, "the batch has its verdicts");
        JsonNode shown = (await _technician.GetFromJsonAsync<JsonNode>($"/api/nodes/{_node.Id}", Cancel))!;
        Assert.Equal(((string?)null, (string?)null), ((string?)shown["operator"], (string?)shown["place"]));
        Assert.Empty(Rebuilt());
    }

    [Fact]
    public async Task A_repair_earns_nothing_until_a_manager_says_that_it_is_the_same_lamp_and_then_takes_over_people_terms_and_loan()
    {
        await PostAsync(_technician, "/api/registrations", Board(_node, "AA01"));
        await PairAsync();
        (HttpStatusCode status, JsonNode repaired) = await PostAsync(_technician, "/api/registrations", Board(_other, "AA01", replaces: _node.Id.ToString()));
        Assert.True(status == HttpStatusCode.OK, repaired.ToJsonString());
        Assert.Equal(0, Number("SELECT count(*) FROM claim c JOIN registration g ON g.node = c.node WHERE g.succeeds IS NOT NULL AND c.used_ms IS NULL"));
        Assert.Equal(1, Number("SELECT count(*) FROM pairing"));
        JsonNode change = (await _manager.GetFromJsonAsync<JsonNode>("/api/changes", Cancel))!["items"]!.AsArray().Single()!;
        Assert.Equal(("repair", "tess", "proposed"), ((string?)change["kind"], (string?)change["proposedBy"], (string?)change["state"]));
        _time.UnixSeconds += 60;
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(_manager, $"/api/changes/{change["id"]}/approve", new { })).Status);
        using DbConnection connection = _backend.Part<Database>().OpenReader();
        Assert.Equal(
            [(_node.Id.ToString(), "amina", false), (_other.Id.ToString(), "amina", true)],
            connection.Query<(string, string, bool)>("SELECT n.node_id, p.operator, p.to_unix IS NULL FROM pairing p JOIN node n ON n.id = p.node ORDER BY p.id"));
        Assert.Equal([(100_000L, true), (100_000L, false)], connection.Query<(long, bool)>("SELECT principal_micro, succeeded_ms IS NOT NULL FROM loan ORDER BY id"));
        Assert.Equal(6000, connection.ExecuteScalar<long>("SELECT operator_basis_points FROM agreement a JOIN node n ON n.id = a.node WHERE n.node_id = @id", new { id = _other.Id.ToString() }));
        Assert.Empty(Rebuilt());
    }

    [Theory]
    [InlineData("publicKey", "publicKey must be 66")]
    [InlineData("boardSerial", "boardSerial must have")]
    [InlineData("firmware", "firmware must be 16")]
    [InlineData("profile", "profile must be one of")]
    public async Task What_is_no_board_is_told_so_and_nothing_is_kept(string field, string sentence)
    {
        JsonObject board = Board(_node, "AA01");
        board[field] = "nonsense \u0001";
        (HttpStatusCode status, JsonNode answer) = await PostAsync(_technician, "/api/registrations", board);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(sentence, (string?)answer["detail"], StringComparison.Ordinal);
        Assert.Equal(0, Number("SELECT count(*) FROM node"));
    }

    private static string HashOf(JsonNode answer) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Claim.Parse((string)answer["claim"]!)!.ToBytes()));

    private static object Run(string name, int bought, long cents = 2400) => new { name, profile = "lamp-small", bought, unitPriceUsdCents = cents, payer = "ngo-1", invoice = "2026/17" };

    private static JsonObject Board(TestNode node, string serial, string run = "two", string profile = "lamp-small", string? replaces = null)
    {
        NodeRequest keys = node.Registration(profile);
        var board = new JsonObject
        {
            ["publicKey"] = keys.PublicKey,
            ["loginPassword"] = keys.LoginPassword,
            ["downKey"] = keys.DownKey,
            ["profile"] = profile,
            ["productionRun"] = run,
            ["boardSerial"] = serial,
            ["firmware"] = "0102030405060708",
            ["selfTest"] = new JsonObject { ["sensors"] = new JsonArray("panel", "output"), ["idleMicroamps"] = 400, ["batteryMillivolts"] = 3300 },
        };
        if (replaces is not null)
        {
            board["replaces"] = replaces;
        }

        return board;
    }

    // Pairing by a claim comes with the pages of operators; here its rows.
    private Task PairAsync() => _backend.Part<StoreWriter>().RunAsync(connection =>
    {
        long node = connection.ExecuteScalar<long>("SELECT id FROM node");
        connection.Execute("INSERT INTO pairing(node, operator, capital_builder, place, latitude, longitude, from_unix) VALUES(@node, 'amina', 'ngo-1', 'Kisumu', -0.09, 34.77, 1789000000)", new { node });
        DePin.Fleet.Crediting.AgreementStore.Insert(connection, node, new DePin.Fleet.Crediting.Agreement(6000, 4000), 0, _time.UnixMilliseconds, "mary");
        EventStore.Record(connection, _time.UnixMilliseconds, "pairing", node, "mary", new { @operator = "amina", capitalBuilder = "ngo-1", fromUnixSeconds = 1_789_000_000 });
        DePin.Fleet.Crediting.LoanStore.Insert(connection, node, new DePin.Fleet.Crediting.Loan("bank", 1_789_000_000, 100_000, 2500, 10_000), 1, "amina + otieno");
    });

    private IReadOnlyList<string> Rebuilt()
    {
        using DbConnection connection = _backend.Part<Database>().OpenReader();
        return new RebuildCheck(connection, null).Run(Cancel).Differences;
    }

    private long Number(string sql)
    {
        using DbConnection connection = _backend.Part<Database>().OpenReader();
        return connection.ExecuteScalar<long>(sql);
    }

    private static async Task RefusedAsync(HttpClient client, string path, object content, string refusal)
    {
        (HttpStatusCode status, JsonNode answer) = await PostAsync(client, path, content);
        Assert.Equal((HttpStatusCode.Conflict, refusal), (status, (string?)answer["refusal"]));
    }

    private static async Task<(HttpStatusCode Status, JsonNode Answer)> PostAsync(HttpClient client, string path, object content)
    {
        using HttpResponseMessage answer = await client.PostAsJsonAsync(path, content, Cancel);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!);
    }
}
