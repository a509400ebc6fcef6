using System.Net;
using DePin.Tools.Api;

namespace DePin.Tests.Tools.Api;

/// <summary>The tools ask again when the backend says that too much was asked, or that its database is away.</summary>
public sealed class PatientHandlerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_is_told_to_come_later_comes_later_with_the_same_request()
    {
        var backend = new BusyBackend(busy: 2, "0");
        using var client = new HttpClient(new PatientHandler(backend));
        using HttpResponseMessage answer = await client.PostAsync("http://backend.example/api/nodes", new StringContent("[1]"), Cancel);
        Assert.Equal((HttpStatusCode.OK, 3), (answer.StatusCode, backend.Asked.Count));
        Assert.All(backend.Asked, asked => Assert.Equal("[1]", asked));
    }

    [Theory]
    [InlineData("0", PatientHandler.MostTries)]
    [InlineData("3600", 1)]
    [InlineData(null, 1)]
    public async Task Who_is_told_so_again_and_again_or_for_hours_gives_up_and_says_it(string? retryAfter, int tries)
    {
        var backend = new BusyBackend(busy: int.MaxValue, retryAfter);
        using var client = new HttpClient(new PatientHandler(backend));
        using HttpResponseMessage answer = await client.PostAsync("http://backend.example/api/nodes", new StringContent("[1]"), Cancel);
        Assert.Equal((HttpStatusCode.TooManyRequests, tries), (answer.StatusCode, backend.Asked.Count));
    }

    [Fact]
    public async Task Who_only_reads_asks_again_where_the_database_is_away_for_a_moment()
    {
        var backend = new BusyBackend(busy: 2, "0", HttpStatusCode.ServiceUnavailable);
        using var client = new HttpClient(new PatientHandler(backend));
        using HttpResponseMessage answer = await client.GetAsync("http://backend.example/api/summary", Cancel);
        Assert.Equal((HttpStatusCode.OK, 3), (answer.StatusCode, backend.Asked.Count));
    }

    [Fact]
    public async Task Who_writes_hears_that_the_database_was_away_since_it_may_be_stored()
    {
        var backend = new BusyBackend(busy: 2, "0", HttpStatusCode.ServiceUnavailable);
        using var client = new HttpClient(new PatientHandler(backend));
        using HttpResponseMessage answer = await client.PostAsync("http://backend.example/api/nodes", new StringContent("[1]"), Cancel);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 1), (answer.StatusCode, backend.Asked.Count));
    }

    private sealed class BusyBackend(int busy, string? retryAfter, HttpStatusCode busyAnswer = HttpStatusCode.TooManyRequests) : HttpMessageHandler
    {
        public List<string> Asked { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : "");
            var answer = new HttpResponseMessage(Asked.Count <= busy ? busyAnswer : HttpStatusCode.OK);
            if (retryAfter is not null)
            {
                answer.Headers.Add("Retry-After", retryAfter);
            }

            return answer;
        }
    }
}
