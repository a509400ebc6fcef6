using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using DePin.Tests.Support;
using Microsoft.Extensions.Hosting;

namespace DePin.Tests.Instances;

public sealed class DrainingTests
{
    // A phone at the edge of the network needs as long for a short form.
    private static readonly TimeSpan Slowness = TimeSpan.FromSeconds(3);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slow_request_that_is_under_way_when_the_backend_stops_is_answered()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }) { BaseAddress = backend.Http.BaseAddress };
        client.DefaultRequestHeaders.Authorization = backend.Http.DefaultRequestHeaders.Authorization;
        var node = new TestNode();
        using var body = new SlowBody(JsonSerializer.SerializeToUtf8Bytes(new[] { node.Registration("lamp-small") }, JsonSerializerOptions.Web)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/nodes") { Content = body };
        request.Headers.ExpectContinue = true;

        Task<HttpResponseMessage> asked = client.SendAsync(request, Cancel);
        await body.IsAskedFor.WaitAsync(Cancel);
        await Task.WhenAll(asked, backend.Part<IHost>().StopAsync(Cancel));

        using HttpResponseMessage answer = await asked;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(node.Id.ToString(), await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    /// <summary>JSON after blanks that come one at a time, once the backend reads it.</summary>
    private sealed class SlowBody(byte[] json) : HttpContent
    {
        private readonly TaskCompletionSource _isAskedFor = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsAskedFor => _isAskedFor.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            _isAskedFor.SetResult();
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Slowness;)
            {
                await stream.WriteAsync(" "u8.ToArray(), Cancel);
                await stream.FlushAsync(Cancel);
                await pace.WaitForNextTickAsync(Cancel);
            }

            await stream.WriteAsync(json, Cancel);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
