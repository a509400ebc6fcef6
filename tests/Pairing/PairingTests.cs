using System.Data.Common;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using DePin.Contracts.Pairing;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Fleet.Upkeep;
using DePin.Tests.Support;

namespace DePin.Tests.Pairing;

/// <summary>Label, position and presence together make a pairing; nothing less does.</summary>
public sealed class PairingTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> Site = new() { ["place"] = "Kisumu 12", ["latitude"] = "-0.09", ["longitude"] = "34,77" };

    private readonly TestNode _node = new() { OpensUnixSeconds = 1_789_000_060 };
    private readonly SteppedClock _time = new(1_789_000_000);
    private RunningBackend _backend = null!;
    private string _label = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync(_time);
        using HttpClient manager = _backend.As("mary", Roles.Manager);
        using HttpResponseMessage bought = await manager.PostAsJsonAsync("/api/production-runs", new { name = "r", profile = "lamp-small", bought = 10, unitPriceUsdCents = 2400, payer = "ngo-1", invoice = "1" }, Cancel);
        Assert.True(bought.IsSuccessStatusCode);
        _label = await RegisterAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task Who_holds_the_label_and_presses_the_button_as_told_has_the_node_and_its_next_reading_earns()
    {
        await using PairingNode node = await PairingNode.ConnectAsync(_backend, _node);
        using PagesClient otieno = await PagesClient.JoinedAsync(_backend, "otieno", Roles.Operator);
        (HttpStatusCode status, string page) = await SubmitAsync(otieno, _label, Site);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("Solar lamp: 5 W panel", page, StringComparison.Ordinal);
        Assert.Contains("ngo-1 (r)", page, StringComparison.Ordinal);
        PairChallenge challenge = await node.HearAsync(PairChallenge.Challenge);
        Assert.Contains($"Press the button {challenge.Presses} times now", (await otieno.GetAsync(_label + "/state")).Text, StringComparison.Ordinal);
        await node.PublishAsync(node.Answer(challenge));
        await node.HearAsync(PairChallenge.Granted);
        Assert.Contains("Paired.", (await otieno.GetAsync(_label + "/state")).Text, StringComparison.Ordinal);

        await new CollectingSink(_backend.Part<IngestPipeline>(), _backend.Part<NodeDirectory>().Find(_node.Id)!, _node.Session).AskAsync(_node.SignNext());
        using HttpResponseMessage funded = await _backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro = "100000000", reference = "grant" }, Cancel);
        await Eventually.HoldsAsync(() => Number("SELECT count(*) FROM transfer t JOIN account a ON a.id = t.credit WHERE a.name = 'operator:otieno'") > 0, "the first reading is credited to the operator");
        Assert.Equal(1, Number("SELECT count(*) FROM event WHERE kind = 'pairing'"));
        Assert.Equal(0, Number("SELECT count(*) FROM event WHERE kind = 'pairing' AND content LIKE '%34.77%'"));
        using DbConnection connection = _backend.Part<Database>().OpenReader();
        Assert.Empty(new RebuildCheck(connection, null).Run(Cancel).Differences);

        // The label is spent: to the same person and to others it is one that never fitted.
        Assert.Contains("Paired.", (await otieno.GetAsync(_label.Replace("/p/", "/P/", StringComparison.Ordinal))).Text, StringComparison.Ordinal);
        using PagesClient other = await PagesClient.JoinedAsync(_backend, "njeri", Roles.Operator);
        Assert.Equal(HttpStatusCode.Conflict, (await SubmitAsync(other, _label, Site)).Status);
    }

    [Fact]
    public async Task A_wrong_count_another_nonce_another_key_and_an_answer_nobody_asked_for_pair_nothing()
    {
        await using PairingNode node = await PairingNode.ConnectAsync(_backend, _node);
        using PagesClient otieno = await PagesClient.JoinedAsync(_backend, "otieno", Roles.Operator);
        await SubmitAsync(otieno, _label, Site);
        PairChallenge challenge = await node.HearAsync(PairChallenge.Challenge);
        using var stranger = new TestNode();
        foreach (byte[] wrong in (byte[][])
        [
            node.Answer(challenge, presses: challenge.Presses == 2 ? 3 : 2),
            node.Answer(challenge, nonce: new byte[16]),
            node.Answer(challenge, signer: stranger),
            [1, 2, 3],
        ])
        {
            await node.PublishAsync(wrong);
        }

        Assert.Equal(0, Number("SELECT count(*) FROM pairing"));
        await node.PublishAsync(node.Answer(challenge));
        await node.HearAsync(PairChallenge.Granted);
        await node.PublishAsync(node.Answer(challenge));
        Assert.Equal(1, Number("SELECT count(*) FROM pairing"));
    }

    [Fact]
    public async Task Two_people_at_once_cancel_each_other()
    {
        await using PairingNode node = await PairingNode.ConnectAsync(_backend, _node);
        using PagesClient otieno = await PagesClient.JoinedAsync(_backend, "otieno", Roles.Operator);
        using PagesClient njeri = await PagesClient.JoinedAsync(_backend, "njeri", Roles.Operator);
        await SubmitAsync(otieno, _label, Site);
        PairChallenge challenge = await node.HearAsync(PairChallenge.Challenge);
        Assert.Contains("Somebody else pairs this node", (await SubmitAsync(njeri, _label, Site)).Text, StringComparison.Ordinal);
        Assert.Equal(PairWithdrawal.TwoAtOnce, (await node.HearAsync(PairChallenge.Withdrawn)).Reason);
        await node.PublishAsync(node.Answer(challenge));
        Assert.Equal(0, Number("SELECT count(*) FROM pairing"));
    }

    [Fact]
    public async Task A_node_that_is_away_reserves_nothing_and_is_challenged_when_both_are_there()
    {
        using PagesClient otieno = await PagesClient.JoinedAsync(_backend, "otieno", Roles.Operator);
        Assert.Contains("Waiting for the node", (await SubmitAsync(otieno, _label, Site)).Text, StringComparison.Ordinal);
        await using PairingNode node = await PairingNode.ConnectAsync(_backend, _node);
        await otieno.GetAsync(_label + "/state");
        PairChallenge challenge = await node.HearAsync(PairChallenge.Challenge);
        await node.PublishAsync(node.Answer(challenge));
        await node.HearAsync(PairChallenge.Granted);
    }

    [Fact]
    public async Task Nobody_learns_from_the_page_which_nodes_there_are()
    {
        using var anybody = new PagesClient(_backend);
        string known = (await anybody.GetAsync(_label)).Text;
        string unknown = (await anybody.GetAsync("/p/0000000000000000/0000000000000000")).Text;
        Assert.Equal(Bare(known, _label), Bare(unknown, "/p/0000000000000000/0000000000000000"));
        using PagesClient otieno = await PagesClient.JoinedAsync(_backend, "otieno", Roles.Operator);
        string wrongClaim = $"/p/{_node.Id}/0000000000000000";
        (HttpStatusCode first, string one) = await SubmitAsync(otieno, wrongClaim, Site);
        (HttpStatusCode second, string two) = await SubmitAsync(otieno, "/p/0000000000000000/0000000000000000", Site);
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (first, second));
        Assert.Equal(Bare(one, wrongClaim), Bare(two, "/p/0000000000000000/0000000000000000"));
    }

    [Fact]
    public async Task Guessed_claims_are_limited_by_address_and_audited_and_the_owner_is_not_locked_out() => await GuessAsync(guesses: 60);

    [Fact]
    public async Task A_pairing_is_moved_handed_over_and_ended_with_what_it_does_to_credit_said_before_and_the_books_follow()
    {
        await PairAsync("otieno");
        using HttpClient otieno = _backend.As("otieno", Roles.Operator);
        using HttpClient njeri = _backend.As("njeri", Roles.Operator);
        string node = $"/api/nodes/{_node.Id}";
        Assert.Contains("earn nothing for 7 days", (string?)(await PostAsync(otieno, node + "/move", new { place = "B", latitude = 1, longitude = 35, reason = "the market moved" }, HttpStatusCode.OK))["effect"], StringComparison.Ordinal);
        Assert.Equal(1, Number("SELECT count(*) FROM pairing"));
        await PostAsync(njeri, node + "/move", new { place = "B", latitude = 1, longitude = 35, reason = "mine now", confirm = true }, HttpStatusCode.Conflict);
        _time.UnixSeconds += 100;
        await PostAsync(otieno, node + "/move", new { place = "B", latitude = 1, longitude = 35, reason = "the market moved", confirm = true }, HttpStatusCode.NoContent);
        Assert.Equal(7 * 86_400, Number("SELECT max(from_unix) - max(to_unix) FROM pairing"));

        using HttpClient mary = _backend.As("mary", Roles.Manager);
        using HttpClient grace = _backend.As("grace", Roles.Manager);
        object Handover(long days) => new { kind = "handover", content = new { nodeId = _node.Id.ToString(), @operator = "njeri", fromUnixSeconds = _time.UnixSeconds + (days * 86_400) }, reason = "otieno leaves" };
        _time.UnixSeconds += 8 * 86_400;
        Assert.Contains("announced 14 days before", (string?)(await PostAsync(mary, "/api/changes", Handover(13), HttpStatusCode.Conflict))["detail"], StringComparison.Ordinal);
        JsonNode change = await PostAsync(mary, "/api/changes", Handover(15), HttpStatusCode.OK);
        await PostAsync(mary, $"/api/changes/{change["id"]}/approve", new { }, HttpStatusCode.Conflict);
        await PostAsync(grace, $"/api/changes/{change["id"]}/approve", new { }, HttpStatusCode.OK);
        _time.UnixSeconds += 20 * 86_400;
        await PostAsync(otieno, node + "/unpair", new { reason = "still mine", confirm = true }, HttpStatusCode.Conflict);
        JsonNode ended = await PostAsync(njeri, node + "/unpair", new { reason = "the house burnt", confirm = true }, HttpStatusCode.OK);
        using DbConnection connection = _backend.Part<Database>().OpenReader();
        Assert.Equal(["otieno", "otieno", "njeri"], connection.Query<string>("SELECT operator FROM pairing ORDER BY from_unix"));
        Assert.Equal(["pairing", "unpaired", "pairing", "unpaired", "pairing", "unpaired"], connection.Query<string>("SELECT kind FROM event WHERE kind IN ('pairing', 'unpaired') ORDER BY n"));
        Assert.Empty(new RebuildCheck(connection, null).Run(Cancel).Differences);

        // The fresh claim works, and the old label does not.
        string fresh = $"/p/{_node.Id}/{ended["claim"]}";
        using PagesClient wanja = await PagesClient.JoinedAsync(_backend, "wanja", Roles.Operator);
        Assert.Equal(HttpStatusCode.Conflict, (await SubmitAsync(wanja, _label, Site)).Status);
        Assert.Contains("Waiting for the node", (await SubmitAsync(wanja, fresh, Site)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retired_node_is_nobody_s_and_may_not_log_in()
    {
        await PairAsync("otieno");
        using HttpClient mary = _backend.As("mary", Roles.Manager);
        await PostAsync(mary, $"/api/nodes/{_node.Id}/retire", new { reason = "worn out", confirm = true }, HttpStatusCode.NoContent);
        Assert.Null(_backend.Part<NodeDirectory>().Find(_node.Id));
        await _backend.RestartAsync();
        Assert.Null(_backend.Part<NodeDirectory>().Find(_node.Id));
        Assert.Equal(0, Number("SELECT count(*) FROM pairing WHERE to_unix IS NULL"));
    }

    [Theory]
    [InlineData("place", "")]
    [InlineData("latitude", "ninety")]
    [InlineData("longitude", "181")]
    public async Task A_site_that_is_none_is_told_so(string field, string value)
    {
        using PagesClient otieno = await PagesClient.JoinedAsync(_backend, "otieno", Roles.Operator);
        (HttpStatusCode status, _) = await SubmitAsync(otieno, _label, new(Site) { [field] = value });
        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    private async Task GuessAsync(int guesses)
    {
        using PagesClient guesser = await PagesClient.JoinedAsync(_backend, "mallory", Roles.Operator);
        var statuses = new List<HttpStatusCode>();
        for (int i = 0; i < guesses; i++)
        {
            string target = i % 2 == 0 ? _node.Id.ToString() : $"{i:0000000000000000}";
            statuses.Add((await SubmitAsync(guesser, $"/p/{target}/{i:0000000000000000}", Site)).Status);
        }

        Assert.Equal((20, guesses - 20), (statuses.Count(status => status == HttpStatusCode.Conflict), statuses.Count(status => status == HttpStatusCode.TooManyRequests)));
        Assert.Equal(20, Number("SELECT count(*) FROM audit WHERE by = 'mallory' AND what LIKE 'showed %'"));
        Assert.Equal(0, Number("SELECT count(*) FROM pairing"));

        // From elsewhere the owner comes in at once.
        await using PairingNode node = await PairingNode.ConnectAsync(_backend, _node);
        var desk = _backend.Part<DePin.Fleet.Pairing.PairingDesk>();
        string[] parts = _label.Split('/');
        Assert.NotNull((await desk.BeginAsync(new Caller(7, "otieno", Roles.Operator), parts[2], parts[3], new DePin.Fleet.Pairing.Site("x", 0, 0))).Attempt);
        await node.HearAsync(PairChallenge.Challenge);
    }

    private async Task PairAsync(string name)
    {
        await using PairingNode node = await PairingNode.ConnectAsync(_backend, _node);
        using PagesClient person = await PagesClient.JoinedAsync(_backend, name, Roles.Operator);
        await SubmitAsync(person, _label, Site);
        await node.PublishAsync(node.Answer(await node.HearAsync(PairChallenge.Challenge)));
        await node.HearAsync(PairChallenge.Granted);
    }

    // Sends the form of a label's page, and follows to the page of how it goes.
    private static async Task<(HttpStatusCode Status, string Text)> SubmitAsync(PagesClient person, string label, Dictionary<string, string> site)
    {
        (HttpStatusCode status, string text) = await person.SubmitAsync(label, site);
        return status == HttpStatusCode.SeeOther ? await person.GetAsync(label) : (status, text);
    }

    private static async Task<JsonNode> PostAsync(HttpClient client, string path, object content, HttpStatusCode status)
    {
        using HttpResponseMessage answer = await client.PostAsJsonAsync(path, content, Cancel);
        string text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(status == answer.StatusCode, $"{path}: {answer.StatusCode} {text}");
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    private async Task<string> RegisterAsync()
    {
        using HttpClient technician = _backend.As("tess", Roles.Technician);
        NodeRequest keys = _node.Registration();
        using HttpResponseMessage answer = await technician.PostAsJsonAsync(
            "/api/registrations",
            new
            {
                keys.PublicKey,
                keys.LoginPassword,
                keys.DownKey,
                keys.Profile,
                productionRun = "r",
                boardSerial = "AA01",
                firmware = "0102030405060708",
                selfTest = new { sensors = new[] { "panel" }, idleMicroamps = 1, batteryMillivolts = 3300 },
            },
            Cancel);
        JsonNode registered = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!;
        return $"/p/{registered["nodeId"]}/{registered["claim"]}";
    }

    private static string Bare(string page, string path) => System.Text.RegularExpressions.Regex.Replace(
        page.Replace(Uri.EscapeDataString(path), "", StringComparison.Ordinal).Replace(path, "", StringComparison.Ordinal), "value=\"[^\"]*\"", "", System.Text.RegularExpressions.RegexOptions.NonBacktracking);

    private long Number(string sql)
    {
        using DbConnection connection = _backend.Part<Database>().OpenReader();
        return connection.ExecuteScalar<long>(sql);
    }
}
