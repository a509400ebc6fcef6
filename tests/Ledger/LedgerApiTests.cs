using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DePin.Fleet.Ingest;
using DePin.Tests.Support;

namespace DePin.Tests.Ledger;

/// <summary>The books as people see them, over the API of a whole backend.</summary>
public sealed class LedgerApiTests : IAsyncLifetime
{
    private const long BatchMicro = 12 * 250 * 50 + 3600 * 10;

    private readonly TestNode _node = new();
    // Messages arrive at second 1,790,000,000; what was measured eleven days before may still come.
    private readonly SteppedClock _time = new(1_789_000_000);
    private RunningBackend _backend = null!;
    private CollectingSink _sink = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync(_time);
        _sink = new CollectingSink(_backend.Part<IngestPipeline>(), await _backend.RegisterAsync(_node), _node.Session);
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_statement_of_a_fleet_that_nobody_funded_is_empty()
    {
        await using RunningBackend bare = await RunningBackend.StartAsync();
        JsonElement statement = await bare.Http.GetFromJsonAsync<JsonElement>("/api/accounts/issued/statement", TestContext.Current.CancellationToken);
        Assert.Equal(0, statement.GetProperty("lines").GetArrayLength());
    }

    [Fact]
    public async Task A_statement_adds_up_to_the_account_s_balance_page_by_page()
    {
        await PairAndFundAsync(100 * BatchMicro);
        for (int i = 0; i < 7; i++)
        {
            await _sink.AskAsync(_node.SignNext(delivered: 200 + i));
        }

        await JudgedAsync(7);
        long lines = 0;
        string? cursor = null;
        int pages = 0;
        JsonElement statement;
        do
        {
            statement = await GetAsync($"/api/accounts/operator:amina/statement?limit=3&cursor={cursor}");
            lines += statement.GetProperty("lines").EnumerateArray().Sum(line => Micro(line, "shareMicro"));
            cursor = statement.GetProperty("next").GetString();
            pages++;
        }
        while (cursor is not null);

        Assert.Equal(3, pages);
        Assert.Equal(Micro(statement.GetProperty("account"), "balanceMicro"), lines);
        Assert.Equal(Micro(statement, "linesMicro"), lines);
        JsonElement last = statement.GetProperty("lines")[0];
        Assert.Equal(
            ("0.002472", "1", "50000000", "36000", 7000L, "pending"),
            (last.GetProperty("deliveredKilowattHours").GetRawText(), last.GetProperty("servedHours").GetRawText(), last.GetProperty("microPerKilowattHour").GetString(),
                last.GetProperty("microPerServedHour").GetString(), last.GetProperty("operatorBasisPoints").GetInt64(), last.GetProperty("state").GetString()));
        Assert.Equal((73L, 84L), (last.GetProperty("firstReading").GetInt64(), last.GetProperty("lastReading").GetInt64()));
    }

    [Fact]
    public async Task What_was_refused_or_held_stands_below_with_its_figures_and_its_cure()
    {
        await PairAndFundAsync(BatchMicro);
        await _sink.AskAsync(_node.SignNext(readings: 2, delivered: 9000));
        await _sink.AskAsync(_node.SignNext());
        await _sink.AskAsync(_node.SignNext());
        await JudgedAsync(3);

        JsonElement statement = await GetAsync("/api/accounts/builder:ngo-1/statement");
        JsonElement[] names = [.. statement.GetProperty("notCredited").EnumerateArray()];
        Assert.Equal([("OverRating", "Refused", 2L), ("Unfunded", "Held", 12L)], names.Select(
            name => (name.GetProperty("name").GetString(), name.GetProperty("outcome").GetString(), name.GetProperty("readings").GetInt64())));
        Assert.Equal((18_000L, BatchMicro), (names[0].GetProperty("uncreditedMilliwattHours").GetInt64(), Micro(names[1], "waitingMicro")));
        Assert.Contains("delivered 9000 mWh in 300 s", names[0].GetProperty("examples")[0].GetProperty("figures").GetString(), StringComparison.Ordinal);
        Assert.Contains("calibration", names[0].GetProperty("cure").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, names[1].GetProperty("examples")[0].EnumerateObject().Count(field => field.Name is "nodeId" or "firstReading" or "readings"));

        JsonElement verdicts = (await GetAsync($"/api/nodes/{_node.Id}/verdicts")).GetProperty("items");
        Assert.Equal([(0L, 0L, 2L), (12L, 0L, 0L), (0L, 12L, 0L)], verdicts.EnumerateArray().Select(
            row => (row.GetProperty("credited").GetInt64(), row.GetProperty("held").GetInt64(), row.GetProperty("refused").GetInt64())));
        Assert.Equal("Unfunded", verdicts[2].GetProperty("runs")[0].GetProperty("name").GetString());
        string? cursor = (await GetAsync($"/api/nodes/{_node.Id}/verdicts?limit=2")).GetProperty("next").GetString();
        JsonElement rest = await GetAsync($"/api/nodes/{_node.Id}/verdicts?cursor={cursor}&limit=5");
        Assert.Equal(verdicts[2].GetProperty("batch").GetInt64(), Assert.Single(rest.GetProperty("items").EnumerateArray()).GetProperty("batch").GetInt64());
        Assert.Equal(JsonValueKind.Null, rest.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task Funds_are_recorded_once_for_a_reference_and_release_what_waited()
    {
        await PairAndFundAsync(BatchMicro / 2);
        await _sink.AskAsync(_node.SignNext());
        JsonElement held = await JudgedAsync(1);
        Assert.Equal(12, held.GetProperty("readingsHeld").GetProperty("Unfunded").GetInt64());
        Assert.Equal("0", held.GetProperty("creditedMicro").GetString());

        Assert.Equal((HttpStatusCode.OK, "recorded"), await FundAsync($"{BatchMicro}", "grant-2"));
        Assert.Equal((HttpStatusCode.OK, "exists"), await FundAsync($"{BatchMicro}", "grant-2"));
        Assert.Equal((HttpStatusCode.Conflict, null), await FundAsync($"{BatchMicro + 1}", "grant-2"));
        await Eventually.HoldsAsync(() => SummaryAsync().GetAwaiter().GetResult().GetProperty("readingsCredited").GetInt64() == 12, "funds release what waited");

        JsonElement summary = await SummaryAsync();
        Assert.Equal(($"{BatchMicro}", "0"), (summary.GetProperty("creditedMicro").GetString(), summary.GetProperty("ledgerSum").GetString()));
        Assert.Empty(summary.GetProperty("readingsHeld").EnumerateObject());
        JsonElement issued = await GetAsync("/api/accounts/issued/statement");
        Assert.Equal(["grant-1", "grant-2"], issued.GetProperty("fundings").EnumerateArray().Select(line => line.GetProperty("reference").GetString()));
        Assert.Equal(0, (await GetAsync("/api/accounts")).GetProperty("items").EnumerateArray().Sum(account => Micro(account, "balanceMicro")));
    }

    [Theory]
    [InlineData("0", "a")]
    [InlineData("-5", "a")]
    [InlineData("1.5", "a")]
    [InlineData("1000000000000000001", "a")]
    [InlineData("99999999999999999999", "a")]
    [InlineData("", "a")]
    [InlineData("5", "")]
    [InlineData("5", "a\nb")]
    public async Task Funds_that_make_no_sense_are_refused_and_nothing_is_recorded(string amount, string reference)
    {
        Assert.Equal((HttpStatusCode.BadRequest, null), await FundAsync(amount, reference));
        Assert.Equal(0, (await GetAsync("/api/accounts")).GetProperty("items").EnumerateArray().Sum(account => Math.Abs(Micro(account, "balanceMicro"))));
    }

    [Fact]
    public async Task Wrong_questions_get_a_sentence()
    {
        foreach ((string path, HttpStatusCode status) in new[]
        {
            ("/api/accounts/operator:nobody/statement", HttpStatusCode.NotFound),
            ("/api/accounts/operator:amina/statement?limit=0", HttpStatusCode.BadRequest),
            ("/api/accounts/operator:amina/statement?from=9&to=3", HttpStatusCode.BadRequest),
            ("/api/accounts/operator:amina/statement?from=x", HttpStatusCode.BadRequest),
            ("/api/nodes/nonsense/verdicts", HttpStatusCode.NotFound),
            ($"/api/nodes/{_node.Id}/verdicts?limit=1001", HttpStatusCode.BadRequest),
        })
        {
            using HttpResponseMessage response = await _backend.Http.GetAsync(path, Cancel);
            Assert.Equal((path, status, "application/problem+json"), (path, response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        }

        using var stranger = new HttpClient { BaseAddress = _backend.Http.BaseAddress };
        using HttpResponseMessage refused = await stranger.GetAsync("/api/accounts", Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task An_operator_without_any_credit_has_a_statement_that_says_why()
    {
        _node.OpensUnixSeconds = _time.UnixSeconds - 86_400;
        await _sink.AskAsync(_node.SignNext());
        await JudgedAsync(1);
        JsonElement statement = await GetAsync("/api/accounts/operator:amina/statement");
        Assert.Equal("0", statement.GetProperty("account").GetProperty("balanceMicro").GetString());
        Assert.Equal(("NotPaired", 12L), statement.GetProperty("notCredited")[0] is var why ? (why.GetProperty("name").GetString(), why.GetProperty("readings").GetInt64()) : default);
    }

    private static long Micro(JsonElement element, string name) => long.Parse(element.GetProperty(name).GetString()!, System.Globalization.CultureInfo.InvariantCulture);

    // The pairing begins with the registration; readings count from then on.
    private async Task PairAndFundAsync(long amountMicro)
    {
        _node.OpensUnixSeconds = _time.UnixSeconds;
        Assert.Equal((HttpStatusCode.OK, "recorded"), await FundAsync($"{amountMicro}", "grant-1"));
    }

    private async Task<JsonElement> JudgedAsync(int batches)
    {
        JsonElement summary = default;
        await Eventually.HoldsAsync(
            () => (summary = SummaryAsync().GetAwaiter().GetResult()).GetProperty("verdictBacklog").GetInt64() == 0 && summary.GetProperty("batchesStored").GetInt64() == batches,
            "every stored batch has its verdicts");
        Assert.Equal(0, summary.GetProperty("readingsWithoutVerdict").GetInt64());
        return summary;
    }

    private Task<JsonElement> SummaryAsync() => GetAsync("/api/summary");

    private Task<JsonElement> GetAsync(string path) => _backend.Http.GetFromJsonAsync<JsonElement>(path, Cancel);

    private async Task<(HttpStatusCode Status, string? Result)> FundAsync(string amountMicro, string reference)
    {
        using HttpResponseMessage response = await _backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro, reference }, Cancel);
        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        return (response.StatusCode, answer.TryGetProperty("result", out JsonElement result) ? result.GetString() : null);
    }
}
