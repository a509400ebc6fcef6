using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using DePin.Fleet.Api;
using DePin.Fleet.People;
using DePin.Tests.Support;

namespace DePin.Tests.Api;

/// <summary>Whatever goes wrong, a program gets problem+json with a sentence; and too much at once is refused with the time to wait.</summary>
public sealed class ProblemTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_error_of_the_api_is_a_problem_with_a_sentence()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using var stranger = new HttpClient { BaseAddress = backend.Http.BaseAddress };
        stranger.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using HttpClient technician = backend.As("tito", Roles.Technician);
        (HttpClient Who, HttpMethod Method, string Path, HttpContent? Body, HttpStatusCode Status)[] cases =
        [
            (stranger, HttpMethod.Get, "/api/nodes", null, HttpStatusCode.Unauthorized),
            (stranger, HttpMethod.Get, "/api/nothing-of-ours", null, HttpStatusCode.NotFound),
            (technician, HttpMethod.Get, "/api/accounts", null, HttpStatusCode.Forbidden),
            (backend.Http, HttpMethod.Get, "/api/nodes/nonsense", null, HttpStatusCode.NotFound),
            (backend.Http, HttpMethod.Get, "/api/rollouts/x", null, HttpStatusCode.NotFound),
            (backend.Http, HttpMethod.Delete, "/api/nodes", null, HttpStatusCode.MethodNotAllowed),
            (backend.Http, HttpMethod.Get, "/api/nodes?limit=0", null, HttpStatusCode.BadRequest),
            (backend.Http, HttpMethod.Get, "/api/nodes?limit=many", null, HttpStatusCode.BadRequest),
            (backend.Http, HttpMethod.Get, "/api/events?cursor=!", null, HttpStatusCode.BadRequest),
            (backend.Http, HttpMethod.Get, "/api/events?cursor=" + Paging.CursorOf("x"), null, HttpStatusCode.BadRequest),
            (backend.Http, HttpMethod.Get, "/api/tickets?cursor=" + Paging.CursorOf("1|2|3"), null, HttpStatusCode.BadRequest),
            (backend.Http, HttpMethod.Post, "/api/funding", Json("{\"amountMicro\":"), HttpStatusCode.BadRequest),
            (backend.Http, HttpMethod.Post, "/api/funding", Json("{\"amountMicro\":\"1\",\"reference\":\"a\",\"wat\":1}"), HttpStatusCode.BadRequest),
            (backend.Http, HttpMethod.Post, "/api/funding", Json("{}"), HttpStatusCode.BadRequest),
            (backend.Http, HttpMethod.Post, "/api/funding", new StringContent("amount=1", Encoding.UTF8, "text/plain"), HttpStatusCode.UnsupportedMediaType),
            (backend.Http, HttpMethod.Post, "/api/funding", Json($"{{\"amountMicro\":\"{new string('1', 10 * 1024 * 1024)}\"}}"), HttpStatusCode.RequestEntityTooLarge),
            (backend.Http, HttpMethod.Post, "/api/changes/9/approve", null, HttpStatusCode.NotFound),
        ];
        foreach ((HttpClient who, HttpMethod method, string path, HttpContent? body, HttpStatusCode status) in cases)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body };

            // Who has much to send asks first; the answer may come before the end of what is sent.
            request.Headers.ExpectContinue = status == HttpStatusCode.RequestEntityTooLarge;
            using HttpResponseMessage answer = await who.SendAsync(request, Cancel);
            Assert.Equal((path, status, "application/problem+json"), (path, answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
            JsonNode problem = (await answer.Content.ReadFromJsonAsync<JsonNode>(Cancel))!;
            Assert.Equal((int)status, (int)problem["status"]!);
            Assert.True(((string?)problem["detail"])?.Length > 10, $"{path}: {problem.ToJsonString()}");
            Assert.Equal("1", Assert.Single(answer.Headers.GetValues("Api-Version")));
        }
    }

    [Fact]
    public async Task A_value_that_cannot_be_read_is_named_whether_or_not_it_may_be_left_out()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        foreach ((string path, string name) in (List<(string, string)>)[("/api/nodes?limit=many", "limit"), ("/api/accounts/somebody/evidence?from=1&to=never", "to"), ("/api/rollouts/1/nodes?wave=x", "wave")])
        {
            JsonNode problem = JsonNode.Parse(await (await backend.Http.GetAsync(path, Cancel)).Content.ReadAsStringAsync(Cancel))!;
            Assert.Equal(400, (int)problem["status"]!);
            Assert.Contains(name, (string?)problem["detail"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Who_asks_too_often_hears_how_long_to_wait_and_nobody_else_is_held_up()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Api = new ApiSettings { RequestsPerAccountAndMinute = 5, StrangersRequestsPerMinute = 3 } });
        using HttpClient one = backend.As("grace", Roles.Manager);
        using var other = new HttpClient { BaseAddress = backend.Http.BaseAddress };
        other.DefaultRequestHeaders.Authorization = new("Bearer", backend.TokenOf("grace", Roles.Manager));
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await (i % 2 == 0 ? one : other).GetAsync("/api/me", Cancel)).StatusCode);
        }

        await RefusedAsync(one, "An account may ask 5 times");
        await RefusedAsync(other, "An account may ask 5 times");
        using HttpClient mary = backend.As("mary", Roles.Manager);
        Assert.Equal(HttpStatusCode.OK, (await mary.GetAsync("/api/me", Cancel)).StatusCode);

        using var stranger = new HttpClient { BaseAddress = backend.Http.BaseAddress };
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/api/me", Cancel)).StatusCode);
        }

        await RefusedAsync(stranger, "without an account");
        Assert.Equal(HttpStatusCode.OK, (await mary.GetAsync("/api/me", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/health", Cancel)).StatusCode);
    }

    private static async Task RefusedAsync(HttpClient who, string says)
    {
        using HttpResponseMessage answer = await who.GetAsync("/api/me", Cancel);
        Assert.Equal((HttpStatusCode.TooManyRequests, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Contains(says, await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
