using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DePin.Fleet.Care;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Fleet.Notices;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

namespace DePin.Tests.Notices;

/// <summary>Who is told of what, how, and what becomes of it when nobody takes it.</summary>
public sealed class NoticeTests : IAsyncLifetime
{
    private readonly SteppedClock _time = new(1_790_000_000);
    private readonly TestNode _node = new();
    private RunningBackend _backend = null!;
    private WebhookReceiver _hook = null!;

    public async ValueTask InitializeAsync()
    {
        _hook = await WebhookReceiver.StartAsync();
        _backend = await RunningBackend.StartAsync(_time, settings => settings with { Notices = new NoticeSettings { AllowPrivateTargets = true, RetrySeconds = [10, 60], KeepDays = 30 } });
        await _backend.RegisterAsync(_node);
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        await _backend.DisposeAsync();
        await _hook.DisposeAsync();
    }

    [Fact]
    public async Task A_ticket_is_told_once_to_each_who_asked_and_may_know_signed_with_their_own_key()
    {
        using HttpClient otieno = _backend.As("otieno", Roles.Operator);
        string mine = await SubscribeAsync(_backend.Http, "/hook", "ticket.opened", "ticket.overdue");
        await SubscribeAsync(otieno, "/hook", "ticket.opened", "event");
        await OpenTicketAsync("case opened");
        await Eventually.HoldsAsync(() => _hook.OfKind("ticket.opened").Any(), "the webhook is told");
        _time.Pass(TimeSpan.FromHours(73));
        await Eventually.HoldsAsync(() => _hook.OfKind("ticket.overdue").Any(), "the webhook is told that it is overdue");
        Assert.Single(_hook.OfKind("ticket.opened"), body => (string)body["data"]!["cause"]! == "case opened");
        Assert.All(_hook.Came, one => Assert.True(one.IsSignedBy(mine), one.Body));
        JsonNode data = _hook.OfKind("ticket.opened").First()["data"]!;
        Assert.Equal((_node.Id.ToString(), "case opened", "amina"), ((string)data["nodeId"]!, (string)data["cause"]!, (string)data["owner"]!));
    }

    [Fact]
    public async Task A_restart_tells_nothing_twice_and_leaves_nothing_out()
    {
        await SubscribeAsync(_backend.Http, "/hook", "ticket.opened");
        await OpenTicketAsync("case opened");
        await Eventually.HoldsAsync(() => _hook.Came.Count == 1, "the webhook is told of the first");
        _hook.Status = 500;
        await OpenTicketAsync("sensor fault");
        await Eventually.HoldsAsync(() => _hook.Came.Count == 2, "the second was tried");
        await Eventually.HoldsAsync(async () => (await DeliveriesAsync("waiting")).Any(row => (long)row!["attempts"]! == 1), "it is noted");
        await _backend.RestartAsync();
        _hook.Status = 200;
        _time.Pass(TimeSpan.FromSeconds(13));
        await Eventually.HoldsAsync(() => _hook.Came.Count == 3, "the second is tried again after the restart");
        await Eventually.HoldsAsync(async () => (await DeliveriesAsync("sent")).Count == 2, "both are noted as sent");
        Assert.Equal(["case opened", "sensor fault", "sensor fault"], _hook.OfKind("ticket.opened").Select(body => (string)body["data"]!["cause"]!));
        Assert.Equal(2, _hook.Came.Select(one => one.Id).Distinct().Count());
    }

    [Fact]
    public async Task What_was_told_long_ago_is_forgotten_where_the_settings_say_so()
    {
        await SubscribeAsync(_backend.Http, "/hook", "ticket.opened");
        await OpenTicketAsync("case opened");
        await OpenTicketAsync("sensor fault");
        await Eventually.HoldsAsync(async () => (await DeliveriesAsync("sent")).Count == 2, "both are noted as sent");
        _time.Pass(TimeSpan.FromDays(31));

        // The newest keeps its number.
        await Eventually.HoldsAsync(async () => (await DeliveriesAsync("sent")).Count == 1, "the older one is forgotten");
    }

    [Fact]
    public async Task What_nobody_takes_is_given_up_into_a_list_and_can_be_brought_back()
    {
        _hook.Status = 503;
        long id = await SubscribeRowAsync("/hook", "ticket.opened");
        Assert.Equal(HttpStatusCode.Accepted, (await _backend.Http.PostAsync($"/api/subscriptions/{id}/test", null, Cancel)).StatusCode);
        foreach (int seconds in (int[])[13, 73, 0])
        {
            int before = _hook.Came.Count;
            await Eventually.HoldsAsync(() => _hook.Came.Count > before || before > 2, "an attempt");
            await Eventually.HoldsAsync(async () => (await DeliveriesAsync("waiting")).All(row => (long)row!["attempts"]! == _hook.Came.Count), "it is noted");
            _time.Pass(TimeSpan.FromSeconds(seconds));
        }

        await Eventually.HoldsAsync(async () => (await DeliveriesAsync("dead")).Count == 1, "it is given up after the third attempt");
        JsonNode dead = Assert.Single(await DeliveriesAsync("dead"))!;
        Assert.Equal(("test", 3, "it answered 503"), ((string)dead["kind"]!, (int)dead["attempts"]!, (string)dead["problem"]!));
        _hook.Status = 200;
        Assert.Equal(HttpStatusCode.NoContent, (await _backend.Http.PostAsync($"/api/deliveries/{dead["id"]}/retry", null, Cancel)).StatusCode);
        await Eventually.HoldsAsync(async () => (await DeliveriesAsync("sent")).Count == 1, "it is delivered");
    }

    [Fact]
    public async Task An_operator_disputes_a_refused_reading_and_gets_an_answer_from_somebody_else()
    {
        await StoreRefusedAsync();
        using HttpClient wanjiku = _backend.As("wanjiku", Roles.Manager);
        using HttpClient amina = _backend.As("amina", Roles.Operator);
        using HttpClient otieno = _backend.As("otieno", Roles.Operator);
        await SubscribeAsync(wanjiku, "/hook", "dispute.opened");
        Assert.Equal(HttpStatusCode.NotFound, (await DisputeAsync(otieno, 1)).StatusCode);
        HttpResponseMessage opened = await DisputeAsync(amina, 1);
        Assert.True(opened.IsSuccessStatusCode, await opened.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(HttpStatusCode.Conflict, (await DisputeAsync(amina, 2)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await DisputeAsync(amina, 100)).StatusCode);
        await Eventually.HoldsAsync(() => _hook.OfKind("dispute.opened").Any(), "the manager is told");
        Assert.Empty(await ArrayAsync(otieno, "/api/disputes"));
        JsonNode dispute = Assert.Single(await ArrayAsync(amina, "/api/disputes"))!;
        Assert.Equal(("FromFuture", 1, 12), ((string)dispute["verdict"]!, (int)dispute["firstReading"]!, (int)dispute["lastReading"]!));
        Assert.Equal(_time.UnixMilliseconds + (14 * 86_400_000L), (long)dispute["dueUnixMilliseconds"]!);

        Assert.Equal(HttpStatusCode.BadRequest, (await AnswerAsync(wanjiku, dispute["id"]!, "maybe")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await AnswerAsync(_backend.Http, dispute["id"]!, "stands")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await AnswerAsync(wanjiku, dispute["id"]!, "stands")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await AnswerAsync(wanjiku, dispute["id"]!, "put right")).StatusCode);
        Assert.Equal("stands", (string?)(await ArrayAsync(amina, "/api/disputes"))[0]!["outcome"]);
        JsonArray events = await ArrayAsync(wanjiku, $"/api/events?node={_node.Id}");
        Assert.Equal(["dispute opened", "dispute answered"], events.Select(made => (string)made!["kind"]!).Where(kind => kind.StartsWith("dispute", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_ticket_collects_notes_and_is_closed_with_a_word_and_a_reason()
    {
        await OpenTicketAsync("case opened");
        using HttpClient amina = _backend.As("amina", Roles.Operator);
        using HttpClient otieno = _backend.As("otieno", Roles.Operator);
        Assert.Empty(await ArrayAsync(otieno, "/api/tickets"));
        string ticket = $"/api/tickets/{Assert.Single(await ArrayAsync(amina, "/api/tickets"))!["id"]}";
        Assert.Equal(HttpStatusCode.NotFound, (await otieno.PostAsJsonAsync($"{ticket}/notes", new { note = "mine?" }, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await amina.PostAsJsonAsync($"{ticket}/notes", new { note = "the lid was off after the storm" }, Cancel)).StatusCode);
        JsonNode note = Assert.Single((await ArrayAsync(amina, "/api/tickets"))[0]!["notes"]!.AsArray())!;
        Assert.Equal(("amina", "the lid was off after the storm"), ((string)note["by"]!, (string)note["note"]!));
        Assert.Equal(HttpStatusCode.BadRequest, (await _backend.Http.PostAsJsonAsync($"{ticket}/close", new { closing = "heard again", note = "closed" }, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await _backend.Http.PostAsJsonAsync($"{ticket}/close", new { closing = "repaired", note = "new screws" }, Cancel)).StatusCode);
        Assert.Empty(await ArrayAsync(amina, "/api/tickets"));
        Assert.Equal(HttpStatusCode.NotFound, (await amina.PostAsJsonAsync($"{ticket}/notes", new { note = "late" }, Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("webhook", "ftp://example.org/hook", "ticket.opened", "https://")]
    [InlineData("webhook", "https://a:b@example.org/", "ticket.opened", "no name and password")]
    [InlineData("pigeon", "https://example.org/", "ticket.opened", "mail or webhook")]
    [InlineData("webhook", "https://example.org/", "everything", "kinds must be")]
    [InlineData("mail", "amina@example.org", "ticket.opened", "sends no mail")]
    public async Task A_subscription_that_cannot_work_is_refused_with_the_reason(string channel, string target, string kind, string words)
    {
        using HttpResponseMessage answer = await _backend.Http.PostAsJsonAsync("/api/subscriptions", new { channel, target, kinds = new[] { kind } }, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_on_this_machine_and_a_redirect_are_refused_while_the_settings_do_not_allow_them()
    {
        using var closed = new WebhookSender(new NoticeSettings());
        using var open = new WebhookSender(new NoticeSettings { AllowPrivateTargets = true });
        var delivery = new DueDelivery(1, 0, 1, "test", _time.UnixMilliseconds, "a test", "{}", "webhook", $"{_hook.Address}/hook", null);
        Assert.Contains("private network", await closed.SendAsync(delivery, new byte[32], _time.GetUtcNow(), Cancel), StringComparison.Ordinal);
        Assert.Equal("it answered 307", await open.SendAsync(delivery with { Target = $"{_hook.Address}/elsewhere" }, new byte[32], _time.GetUtcNow(), Cancel));
        Assert.Empty(_hook.Came);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<string> SubscribeAsync(HttpClient person, string path, params string[] kinds) => (string)(await SubscribedAsync(person, path, kinds))["secret"]!;

    private async Task<long> SubscribeRowAsync(string path, params string[] kinds) => (long)(await SubscribedAsync(_backend.Http, path, kinds))["id"]!;

    private async Task<JsonNode> SubscribedAsync(HttpClient person, string path, string[] kinds)
    {
        using HttpResponseMessage answer = await person.PostAsJsonAsync("/api/subscriptions", new { channel = "webhook", target = _hook.Address + path, kinds }, Cancel);
        string text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private async Task OpenTicketAsync(string cause)
    {
        long row = _backend.Part<NodeDirectory>().Find(_node.Id)!.RowId;
        Assert.True(await _backend.Part<StoreWriter>().RunAsync(connection => TicketStore.Open(connection, row, cause, "as the test says", _time.UnixMilliseconds)));
    }

    private async Task StoreRefusedAsync()
    {
        // It arrives before its readings close.
        var sink = new CollectingSink(_backend.Part<IngestPipeline>(), _backend.Part<NodeDirectory>().Find(_node.Id)!, _node.Session);
        await sink.AskAsync(_node.SignNext());
        await Eventually.HoldsAsync(async () => (await ArrayAsync(_backend.Http, $"/api/nodes/{_node.Id}/verdicts")).Count == 1, "the batch is judged");
    }

    private static Task<HttpResponseMessage> DisputeAsync(HttpClient person, TestNode node, long reading) =>
        person.PostAsJsonAsync($"/api/nodes/{node.Id}/disputes", new { reading, text = "the lamp stood in the same place all day" }, Cancel);

    private Task<HttpResponseMessage> DisputeAsync(HttpClient person, long reading) => DisputeAsync(person, _node, reading);

    private static Task<HttpResponseMessage> AnswerAsync(HttpClient person, JsonNode dispute, string outcome) =>
        person.PostAsJsonAsync($"/api/disputes/{dispute}/answer", new { outcome, answer = "its clock was an hour ahead, and set right since" }, Cancel);

    private async Task<JsonArray> DeliveriesAsync(string state) => await ArrayAsync(_backend.Http, $"/api/deliveries?state={state}");

    private static async Task<JsonArray> ArrayAsync(HttpClient person, string path) => JsonNode.Parse(await person.GetStringAsync(path, Cancel))!["items"]!.AsArray();
}
