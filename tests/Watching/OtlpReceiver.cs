using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DePin.Tests.Watching;

/// <summary>
/// Takes what is sent by OTLP over HTTP, and reads the names in it from the protocol's own bytes. Written for these tests: no receiver that others
/// wrote can be had here without compiling one.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    /// <summary>Metrics that came, by name, with how many values the last sending had.</summary>
    public ConcurrentDictionary<string, int> Metrics { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of spans that came.</summary>
    public ConcurrentDictionary<string, bool> Spans { get; } = new(StringComparer.Ordinal);

    /// <summary>All that came, as text, for what must not be in it.</summary>
    public ConcurrentQueue<string> Texts { get; } = new();

    public string Address => _app.Urls.First();

    public static async Task<OtlpReceiver> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapPost("/v1/metrics", request => receiver.TakeAsync(request, body =>
        {
            // resource_metrics, scope_metrics, metrics; of these name is 1, and what they hold (gauge 5, sum 7, histogram 9) has its data points under 1.
            foreach (byte[] metric in Inner(body, 1, 2, 2))
            {
                receiver.Metrics[Encoding.UTF8.GetString(Inner(metric, 1).Single())] = new[] { 5, 7, 9 }.Sum(kind => Inner(metric, kind, 1).Count());
            }
        }));
        app.MapPost("/v1/traces", request => receiver.TakeAsync(request, body =>
        {
            // resource_spans, scope_spans, spans; of these name is 5.
            foreach (byte[] span in Inner(body, 1, 2, 2))
            {
                receiver.Spans[Encoding.UTF8.GetString(Inner(span, 5).Single())] = true;
            }
        }));
        await app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context, Action<byte[]> read)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Texts.Enqueue(Encoding.Latin1.GetString(body.ToArray()));
        read(body.ToArray());
        context.Response.ContentType = "application/x-protobuf";
    }

    // The contents of a field of messages within messages, by their numbers.
    private static IEnumerable<byte[]> Inner(byte[] message, params int[] path) =>
        path.Length == 0 ? [message] : Fields(message).Where(field => field.Number == path[0]).SelectMany(field => Inner(field.Content, path[1..]));

    // Protocol buffers: a key of number and kind, then a varint, 8 bytes, a length and so many bytes, or 4 bytes.
    private static IEnumerable<(int Number, byte[] Content)> Fields(byte[] message)
    {
        for (int at = 0; at < message.Length;)
        {
            ulong key = Varint(message, ref at);
            int length = (int)(key & 7) switch { 1 => 8, 2 => (int)Varint(message, ref at), 5 => 4, 0 => 0, _ => throw new InvalidDataException($"a field of kind {key & 7}") };
            if ((key & 7) == 0)
            {
                Varint(message, ref at);
            }

            yield return ((int)(key >> 3), message[at..(at + length)]);
            at += length;
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = message[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
