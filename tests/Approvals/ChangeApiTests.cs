using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Fleet.Ingest;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

namespace DePin.Tests.Approvals;

/// <summary>What two people must agree on, what one may decide with a reason, and what people see of it, over the API and the pages of a whole backend.</summary>
public sealed class ChangeApiTests : IAsyncLifetime
{
    private const long Start = 1_789_000_000;
    private const long Day = 86_400;

    private readonly TestNode _node = new() { OpensUnixSeconds = Start };
    private readonly SteppedClock _time = new(Start);
    private RunningBackend _backend = null!;
    private CollectingSink _sink = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync(_time, settings => settings with { Crediting = settings.Crediting with { SettleDays = 0, PayeeWaitHours = 0 } });
        _sink = new CollectingSink(_backend.Part<IngestPipeline>(), await _backend.RegisterAsync(_node), _node.Session);
        await PostAsync("/api/funding", new { amountMicro = "100000000000", reference = "grant" });
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_change_takes_effect_when_a_second_person_approves_and_not_before()
    {
        long from = Start + (2 * Day);
        JsonNode change = await PostAsync("/api/changes", Change("tariff", new { profile = "lamp-small", fromUnixSeconds = from, microPerKilowattHour = 60_000_000, microPerServedHour = 36_000 }));
        Assert.Equal("proposed", (string?)change["state"]);
        Assert.Contains("a second person has to approve", await RefusedAsync($"/api/changes/{change["id"]}/approve", new { }, HttpStatusCode.Conflict), StringComparison.Ordinal);
        Assert.Equal("approved", (string?)(await PostAsync($"/api/changes/{change["id"]}/approve", new { }, "otieno"))["state"]);
        Assert.Contains("was approved by otieno before", await RefusedAsync($"/api/changes/{change["id"]}/approve", new { }, HttpStatusCode.Conflict, "grace"), StringComparison.Ordinal);

        _node.OpensUnixSeconds = from - 1800;
        _time.UnixSeconds = from + (2 * Day);
        await _sink.AskAsync(_node.SignNext());
        await JudgedAsync();
        JsonNode statement = await GetAsync("/api/accounts/operator:amina/statement");
        Assert.Equal(["50000000", "60000000"], statement["lines"]!.AsArray().Select(line => (string?)line!["microPerKilowattHour"]));
        Assert.Contains((await GetAsync("/api/events"))["items"]!.AsArray(), made => (string?)made!["kind"] == "tariff" && (string?)made["by"] == "amina + otieno");
    }

    [Theory]
    [InlineData("tariff", "{\"profile\":\"lamp-small\",\"fromUnixSeconds\":1789900000,\"microPerKilowattHour\":1,\"microPerServedHour\":36000}", HttpStatusCode.Conflict, "a cut is announced 90 days before")]
    [InlineData("tariff", "{\"profile\":\"lamp-small\",\"fromUnixSeconds\":1789000001,\"microPerKilowattHour\":60000000,\"microPerServedHour\":36000}", HttpStatusCode.Conflict, "ahead of the readings")]
    [InlineData("tariff", "{\"profile\":\"moon\",\"fromUnixSeconds\":1799000001,\"microPerKilowattHour\":60000000,\"microPerServedHour\":36000}", HttpStatusCode.Conflict, "profile must be one of")]
    [InlineData("tariff", "{\"profil\":\"lamp-small\"}", HttpStatusCode.BadRequest, "The content is no tariff")]
    [InlineData("gift", "{}", HttpStatusCode.BadRequest, "kind must be one of")]
    [InlineData("agreement", "{\"nodeId\":\"0000000000000000\",\"fromUnixSeconds\":1799000001,\"agreement\":{\"operator\":5000,\"capitalBuilder\":5000}}", HttpStatusCode.Conflict, "No node")]
    [InlineData("payee", "{\"account\":\"operator:amina\",\"phone\":\"0700\"}", HttpStatusCode.Conflict, "international form")]
    [InlineData("payee", "{\"account\":\"operator:amina\",\"phone\":\"+254700000001\",\"name\":\"\"}", HttpStatusCode.Conflict, "name is that of who is paid")]
    [InlineData("payee", "{\"account\":\"issued\",\"phone\":\"+254700000001\"}", HttpStatusCode.Conflict, "no person's account")]
    [InlineData("payout", "{\"minimumMicro\":\"0\"}", HttpStatusCode.Conflict, "at least 1")]
    [InlineData("recall", "{\"digest\":\"0102030405060708\",\"isFraud\":true}", HttpStatusCode.Conflict, "No release")]
    public async Task A_change_that_cannot_be_is_refused_with_what_to_do(string kind, string content, HttpStatusCode status, string says) =>
        Assert.Contains(says, await RefusedAsync("/api/changes", Change(kind, JsonNode.Parse(content)!), status), StringComparison.Ordinal);

    [Fact]
    public async Task What_is_held_or_waits_for_funds_is_decided_before_its_time_is_taken_back()
    {
        object reversal = new { nodeId = _node.Id.ToString(), fromUnixSeconds = Start - Day, toUnixSeconds = Start + Day };
        await PostAsync($"/api/nodes/{_node.Id}/suspension", new { reason = "looks odd", evidence = "a call", cure = "a visit" });
        await _sink.AskAsync(_node.SignNext());
        await JudgedAsync();
        Assert.Contains("12 readings of this time are held: decide over them first", await RefusedAsync("/api/changes", Change("reversal", reversal), HttpStatusCode.Conflict), StringComparison.Ordinal);
        await PostAsync($"/api/review/{_node.Id}", new { decision = "refuse", reason = "it was a cheat" });
        Assert.Equal("proposed", (string?)(await PostAsync("/api/changes", Change("reversal", reversal)))["state"]);
        Assert.Contains("never paired", await RefusedAsync("/api/changes", Change("agreement", new { nodeId = await UnpairedAsync(), fromUnixSeconds = Start + (2 * Day), agreement = new { @operator = 5000, capitalBuilder = 5000 } }), HttpStatusCode.Conflict), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(long.MaxValue, 36_000, 0)]
    [InlineData(50_000_000, long.MaxValue, 0)]
    [InlineData(50_000_000, 36_000, -1)]
    public async Task A_preview_of_amounts_that_no_tariff_may_have_is_refused(long perKilowattHour, long perHour, long perVoucher)
    {
        await _sink.AskAsync(_node.SignNext());
        await JudgedAsync();
        _time.UnixSeconds = Start + (40 * Day);
        Assert.Contains("from 0 to", await RefusedAsync("/api/preview/tariff", new { profile = "lamp-small", fromUnixSeconds = 0, microPerKilowattHour = perKilowattHour, microPerServedHour = perHour, microPerVoucher = perVoucher }, HttpStatusCode.BadRequest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_preview_shows_what_last_month_would_have_paid_and_changes_nothing()
    {
        await _sink.AskAsync(_node.SignNext());
        await JudgedAsync();
        _time.UnixSeconds = Start + (40 * Day);
        JsonNode tariff = await PostAsync("/api/preview/tariff", new { profile = "lamp-small", fromUnixSeconds = 0, microPerKilowattHour = 100_000_000, microPerServedHour = 36_000 });
        Assert.Equal(("186000", "336000"), ((string?)tariff["wasMicro"], (string?)tariff["wouldBeMicro"]));
        JsonNode agreement = await PostAsync("/api/preview/agreement", new { nodeId = _node.Id.ToString(), fromUnixSeconds = 0, agreement = new { @operator = 5000, capitalBuilder = 3000, manager = 1500, reserve = 500, managerName = "region-1" } });
        Assert.Equal(
            ["builder:ngo-1 55800 55800", "manager:region-1 0 27900", "operator:amina 130200 93000", "reserve 0 9300"],
            agreement["accounts"]!.AsArray().Select(line => $"{line!["account"]} {line["wasMicro"]} {line["wouldBeMicro"]}"));
        Assert.Empty((await GetAsync("/api/changes"))["items"]!.AsArray());
    }

    [Fact]
    public async Task A_suspended_node_s_readings_wait_on_the_list_and_a_person_releases_them_from_the_page()
    {
        await PostAsync($"/api/nodes/{_node.Id}/suspension", new { reason = "looks odd", evidence = "a call", cure = "a visit" });
        await _sink.AskAsync(_node.SignNext());
        await JudgedAsync();
        JsonNode held = Assert.Single((await GetAsync("/api/review"))["held"]!.AsArray())!;
        Assert.Equal(("Suspended", 12L, "refused"), ((string?)held["name"], (long)held["readings"]!, (string?)held["atDeadline"]));

        using PagesClient otieno = await PagesClient.JoinedAsync(_backend, "otieno", Roles.Manager);
        Assert.Contains(_node.Id.ToString(), (await otieno.GetAsync("/review")).Text, StringComparison.Ordinal);
        var form = new Dictionary<string, string> { ["node"] = _node.Id.ToString(), ["decision"] = "release", ["name"] = "", ["reason"] = "a visit showed nothing" };
        (HttpStatusCode status, string said) = await otieno.PostAsync("/review", form);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("nothing was changed", said, StringComparison.Ordinal);
        (_, said) = await otieno.SubmitAsync("/review", form);
        Assert.Contains("12 readings released, 0 refused", said, StringComparison.Ordinal);

        Assert.Empty((await GetAsync("/api/review"))["held"]!.AsArray());
        await PostAsync($"/api/nodes/{_node.Id}/lift", new { reason = "cleared" });
        Assert.Empty((await GetAsync("/api/review"))["suspensions"]!.AsArray());
        Assert.Equal("130200", (string?)(await GetAsync("/api/accounts/operator:amina/statement"))["account"]!["balanceMicro"]);
        Assert.Equal(["agreement", "suspension", "decision", "suspension lifted"], (await GetAsync($"/api/events?node={_node.Id}"))["items"]!.AsArray().Select(made => (string?)made!["kind"]).Where(kind => kind != "registered"));
    }

    [Fact]
    public async Task Money_goes_out_as_a_file_and_its_results_come_back_once()
    {
        await _sink.AskAsync(_node.SignNext());
        await JudgedAsync();
        await Eventually.HoldsAsync(() => (string?)GetAsync("/api/accounts/operator:amina/statement").GetAwaiter().GetResult()["account"]!["postedMicro"] == "105000", "the energy is posted");
        await ApprovedAsync("payee", new { account = "operator:amina", phone = "+254700000001", name = "Amina Odhiambo, Kisumu" });
        await ApprovedAsync("payout", new { minimumMicro = "1000" });
        string csv = await _backend.Http.GetStringAsync("/api/payouts/1.csv", Cancel);
        string[] line = csv.Split("\r\n").Length > 2 ? csv.Split("\r\n")[1].Split(',') : csv.Split('\n')[1].Split(',');
        Assert.Equal(("+254700000001", "0.105000", "operator:amina"), (line[1], line[2], line[3]));
        Assert.Contains(",\"Amina Odhiambo, Kisumu\"", csv, StringComparison.Ordinal);

        Assert.Equal(1, (long)(await ImportAsync($"reference,result\n{line[0]},unknown\n", HttpStatusCode.OK))["changed"]!);
        Assert.Contains("'maybe' is not paid", (string?)(await ImportAsync($"reference,result\n{line[0]},maybe\n", HttpStatusCode.BadRequest))["detail"], StringComparison.Ordinal);
        Assert.Contains("must name the columns", (string?)(await ImportAsync("a,b\n1,2\n", HttpStatusCode.BadRequest))["detail"], StringComparison.Ordinal);
        Assert.Contains("no payout 'nobody'", (string?)(await ImportAsync($"reference,result\n{line[0]},paid\nnobody,paid\n", HttpStatusCode.Conflict))["detail"], StringComparison.Ordinal);
        Assert.Equal(1, (long)(await ImportAsync($"reference,result\n{line[0]},paid\n", HttpStatusCode.OK))["changed"]!);
        Assert.Equal(0, (long)(await ImportAsync($"reference,result\n{line[0]},paid\n", HttpStatusCode.OK))["changed"]!);
        Assert.Contains("recorded as paid", (string?)(await ImportAsync($"reference,result\n{line[0]},failed\n", HttpStatusCode.Conflict))["detail"], StringComparison.Ordinal);
        JsonNode statement = await GetAsync("/api/accounts/operator:amina/statement");
        Assert.Equal(("0", "payout", "-105000"), ((string?)statement["account"]!["postedMicro"], (string?)statement["movements"]![0]!["kind"], (string?)statement["movements"]![0]!["amountMicro"]));
        Assert.Equal("105000", (string?)(await GetAsync("/api/accounts"))["items"]!.AsArray().Single(account => (string?)account!["name"] == "paid")!["postedMicro"]);
        string table = await _backend.Http.GetStringAsync("/api/accounts/operator:amina/statement.csv", Cancel);
        Assert.Contains("credit," + _node.Id, table, StringComparison.Ordinal);
        Assert.Contains("payout,payouts", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_voucher_pays_once_at_a_node_that_serves_Wi_Fi_when_the_tariff_says_what()
    {
        using var air = new TestNode();
        await _backend.RegisterAsync(air, "airnode");
        string code = (string)(await PostAsync("/api/vouchers", new { count = 2 })).AsArray()[0]!;
        Assert.Contains("pays nothing for vouchers", await RefusedAsync("/api/vouchers/redeem", new { code, nodeId = air.Id.ToString() }, HttpStatusCode.Conflict), StringComparison.Ordinal);
        await ApprovedAsync("tariff", new { profile = "airnode", fromUnixSeconds = Start + Day, microPerKilowattHour = 50_000_000, microPerServedHour = 72_000, microPerVoucher = 300_001 });
        _time.UnixSeconds = Start + (2 * Day);
        Assert.Contains("no node that serves", await RefusedAsync("/api/vouchers/redeem", new { code, nodeId = _node.Id.ToString() }, HttpStatusCode.Conflict), StringComparison.Ordinal);
        Assert.Equal("300001", (string?)(await PostAsync("/api/vouchers/redeem", new { code = code.ToLowerInvariant(), nodeId = air.Id.ToString() }))["amountMicro"]);
        Assert.Contains("redeemed before", await RefusedAsync("/api/vouchers/redeem", new { code, nodeId = air.Id.ToString() }, HttpStatusCode.Conflict), StringComparison.Ordinal);
        Assert.Contains("no such voucher", await RefusedAsync("/api/vouchers/redeem", new { code = "AAAA", nodeId = air.Id.ToString() }, HttpStatusCode.Conflict), StringComparison.Ordinal);
        Assert.Equal("210000", (string?)(await GetAsync("/api/accounts/operator:amina/statement"))["account"]!["postedMicro"]);
        Assert.Equal("1", (string?)(await GetAsync("/api/accounts"))["items"]!.AsArray().Single(account => (string?)account!["name"] == "reserve")!["postedMicro"]);
    }

    [Fact]
    public async Task A_loan_shows_what_its_schedule_expects_by_now()
    {
        await ApprovedAsync("loan", new { nodeId = _node.Id.ToString(), lender = "bank", principalMicro = "1000000", basisPoints = 2500, monthlyMicro = "300000" });
        _time.UnixSeconds = Start + (15 * Day);
        JsonNode loan = Assert.Single((await GetAsync("/api/loans"))["items"]!.AsArray())!;
        Assert.Equal(("bank", "0", "150000"), ((string?)loan["lender"], (string?)loan["repaidMicro"], (string?)loan["dueMicro"]));
        _time.UnixSeconds = Start + (400 * Day);
        Assert.Equal("1000000", (string?)(await GetAsync("/api/loans"))["items"]![0]!["dueMicro"]);
    }

    [Fact]
    public async Task A_statement_can_be_printed_with_what_was_not_credited_and_why()
    {
        await _sink.AskAsync(_node.SignNext(readings: 2, delivered: 9000));
        await JudgedAsync();
        using PagesClient grace = await PagesClient.JoinedAsync(_backend, "grace", Roles.Auditor);
        (_, string text) = await grace.GetAsync("/statement?account=operator:amina");
        Assert.Contains("Refused: OverRating", text, StringComparison.Ordinal);
        Assert.Contains("have it checked", text, StringComparison.Ordinal);

        // From a reading to its reasons is one click.
        string why = System.Text.RegularExpressions.Regex.Match(text, "/nodes/[0-9A-Z]+/readings\\?reading=[0-9]+", System.Text.RegularExpressions.RegexOptions.NonBacktracking).Value;
        (_, string node) = await grace.GetAsync(why);
        Assert.Contains("readings 1 to 2. More energy than the hardware&#39;s rating allows.", node, StringComparison.Ordinal);
        Assert.Contains("an output of 8000 mW gives at most 734 mWh", node, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await grace.GetAsync("/nodes/0000000000000000/readings")).Status);

        // A last day belongs to the time that is asked for, and a day that is none is not taken for no day.
        string day = DateTimeOffset.FromUnixTimeSeconds(Start).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains("Refused: OverRating", (await grace.GetAsync($"/statement?account=operator:amina&to={day}")).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await grace.GetAsync($"/statement?account=operator:amina&from=31.3.2026&to={day}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await grace.GetAsync("/statement?account=operator:nobody")).Status);
    }

    [Fact]
    public async Task Who_keeps_the_infrastructure_sees_what_was_refused_of_the_nodes_they_share()
    {
        await ApprovedAsync("agreement", new { nodeId = _node.Id.ToString(), fromUnixSeconds = Start + 7200, agreement = new { @operator = 6000, capitalBuilder = 3000, manager = 1000, managerName = "region-1" } });
        _time.UnixSeconds = Start + Day;
        await _sink.AskAsync(_node.SignNext(readings: 2, delivered: 9000));
        _node.OpensUnixSeconds = Start + 7200;
        await _sink.AskAsync(_node.SignNext(readings: 3, delivered: 9000));
        await JudgedAsync();
        JsonNode refused = Assert.Single((await GetAsync("/api/accounts/manager:region-1/statement"))["notCredited"]!.AsArray())!;
        Assert.Equal(("OverRating", 3L), ((string?)refused["name"], (long)refused["readings"]!));
        Assert.Empty((await GetAsync("/api/accounts/reserve/statement"))["notCredited"]!.AsArray());
    }

    [Fact]
    public async Task Only_who_stood_before_the_node_has_visited_it()
    {
        Assert.Contains("km from where node", await RefusedAsync($"/api/nodes/{_node.Id}/visits", new { reason = "audit", latitude = -0.2, longitude = 34.77 }, HttpStatusCode.Conflict), StringComparison.Ordinal);
        await PostAsync($"/api/nodes/{_node.Id}/visits", new { reason = "audit", latitude = -0.0901, longitude = 34.7702 });
        Assert.Contains((await GetAsync("/api/events"))["items"]!.AsArray(), made => (string?)made!["kind"] == "visit");
    }

    private async Task<string> UnpairedAsync()
    {
        using var board = new TestNode();
        await _backend.Part<StoreWriter>().RunAsync(connection => NodeStore.InsertNode(connection, new NodeRow
        {
            NodeId = board.Id.ToString(),
            PublicKey = board.PublicKey,
            PasswordHash = new byte[32],
            SealedDownKey = new byte[60],
            Profile = 1,
            RegisteredMs = 0,
        }));
        return board.Id.ToString();
    }

    private static object Change(string kind, object content) => new { kind, content, reason = "agreed in the meeting" };

    private async Task ApprovedAsync(string kind, object content)
    {
        JsonNode change = await PostAsync("/api/changes", Change(kind, content));
        await PostAsync($"/api/changes/{change["id"]}/approve", new { }, "otieno");
    }

    private async Task JudgedAsync() => await Eventually.HoldsAsync(
        () => GetAsync("/api/summary").GetAwaiter().GetResult() is var summary && (long)summary["verdictBacklog"]! == 0 && (long)summary["batchesStored"]! > 0, "every batch has its verdicts");

    private async Task<JsonNode> GetAsync(string path) => (await _backend.Http.GetFromJsonAsync<JsonNode>(path, Cancel))!;

    private async Task<JsonNode> PostAsync(string path, object content, string by = "amina")
    {
        using HttpClient http = _backend.As(by, RoleNames.Together);
        using HttpResponseMessage response = await http.PostAsJsonAsync(path, content, Cancel);
        string text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private async Task<string> RefusedAsync(string path, object content, HttpStatusCode status, string by = "amina")
    {
        using HttpClient http = _backend.As(by, RoleNames.Together);
        using HttpResponseMessage response = await http.PostAsJsonAsync(path, content, Cancel);
        JsonElement problem = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal(status, response.StatusCode);
        return problem.GetProperty("detail").GetString()!;
    }

    private async Task<JsonNode> ImportAsync(string csv, HttpStatusCode status)
    {
        using var content = new StringContent(csv, System.Text.Encoding.UTF8, "text/csv");
        using HttpResponseMessage response = await _backend.Http.PostAsync("/api/payouts/results", content, Cancel);
        Assert.Equal(status, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonNode>(Cancel))!;
    }
}
