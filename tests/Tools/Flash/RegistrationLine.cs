using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DePin.Tests.Tools.Flash;

/// <summary>The line between bench and backend: carries what is asked to the real backend, listens in, and fails where a test says so.</summary>
internal sealed class RegistrationLine : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _technician;
    private readonly ConcurrentDictionary<string, bool> _registered = new();

    private RegistrationLine(RunningBackend backend)
    {
        _technician = backend.As("tess", Roles.Technician);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/api/registrations", RegisterAsync);
        _app.MapPost("/api/registrations/{id}/scrap", async (string id, JsonObject request) => await CarryAsync(HttpMethod.Post, $"/api/registrations/{id}/scrap", request));
        _app.MapGet("/api/nodes/{id}", async (string id) => await CarryAsync(HttpMethod.Get, $"/api/nodes/{id}", null));
    }

    public string Address => _app.Urls.First();

    /// <summary>Registrations asked for, in their order.</summary>
    public ConcurrentQueue<JsonObject> Requests { get; } = new();

    /// <summary>Claims that were answered, in their order.</summary>
    public ConcurrentQueue<string> Claims { get; } = new();

    /// <summary>Node ids that the backend registered.</summary>
    public ICollection<string> Registered => _registered.Keys;

    /// <summary>Name of the refusal that every registration gets; null for the backend's own answer.</summary>
    public string? Refusal { get; set; }

    /// <summary>How many requests are answered by a 503 before one is carried.</summary>
    public int Unavailable { get; set; }

    public static async Task<RegistrationLine> StartAsync(RunningBackend backend)
    {
        using HttpClient manager = backend.As("mary", Roles.Manager);
        using HttpResponseMessage bought = await manager.PostAsJsonAsync(
            "/api/production-runs", new { name = "run-2026-01", profile = "lamp-small", bought = 100, unitPriceUsdCents = 2400, payer = "ngo-1", invoice = "2026/17" }, TestContext.Current.CancellationToken);
        bought.EnsureSuccessStatusCode();
        var line = new RegistrationLine(backend);
        await line._app.StartAsync();
        return line;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _technician.Dispose();
    }

    private async Task<IResult> RegisterAsync(JsonObject request)
    {
        Requests.Enqueue(request);
        if (Unavailable-- > 0)
        {
            return Results.Problem("the workshop's internet", statusCode: 503);
        }

        if (Refusal is not null)
        {
            return Results.Problem($"This is refused: {Refusal}.", statusCode: 409, extensions: new Dictionary<string, object?> { ["refusal"] = Refusal });
        }

        return await CarryAsync(HttpMethod.Post, "/api/registrations", request);
    }

    private async Task<IResult> CarryAsync(HttpMethod method, string path, JsonObject? content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content is null ? null : JsonContent.Create(content) };
        using HttpResponseMessage answer = await _technician.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        if (answer.IsSuccessStatusCode && JsonNode.Parse(text) is { } view && (string?)view["claim"] is { } claim)
        {
            Claims.Enqueue(claim);
            _registered[(string)view["nodeId"]!] = true;
        }

        return Results.Text(text, answer.Content.Headers.ContentType?.ToString(), statusCode: (int)answer.StatusCode);
    }
}
