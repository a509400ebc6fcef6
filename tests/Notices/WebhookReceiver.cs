using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DePin.Tests.Notices;

/// <summary>Somebody's webhook: keeps what came, and answers as the test says.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookReceiver()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/hook", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body, Encoding.UTF8);
            string body = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
            Came.Enqueue(new Delivered(request.Headers["webhook-id"]!, request.Headers["webhook-timestamp"]!, request.Headers["webhook-signature"]!, body));
            return Results.StatusCode(Status);
        });
        _app.MapPost("/elsewhere", () => Results.Redirect("/hook", preserveMethod: true));
    }

    public string Address => _app.Urls.First();

    public ConcurrentQueue<Delivered> Came { get; } = new();

    /// <summary>What it answers.</summary>
    public int Status { get; set; } = 204;

    public IEnumerable<JsonNode> OfKind(string kind) => Came.Select(one => JsonNode.Parse(one.Body)!).Where(body => (string)body["type"]! == kind);

    public static async Task<WebhookReceiver> StartAsync()
    {
        var receiver = new WebhookReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>One request to a webhook.</summary>
internal sealed record Delivered(string Id, string Time, string Signature, string Body)
{
    /// <summary>Whether the signature is what the Standard Webhooks specification says, under a key as it was shown.</summary>
    public bool IsSignedBy(string secret) =>
        Signature == "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{Id}.{Time}.{Body}")));
}
