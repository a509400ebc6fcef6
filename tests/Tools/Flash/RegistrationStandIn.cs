using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Contracts.Identity;
using DePin.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DePin.Tests.Tools.Flash;

/// <summary>
/// The contract of POST /api/registrations in front of a real backend: what it takes it registers there, and it says of a node what the
/// backend says. It keeps every request, so that a test can count registrations.
/// </summary>
internal sealed class RegistrationStandIn : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RunningBackend _backend;
    private readonly ConcurrentDictionary<string, string> _byNode = new();
    private int _claims;

    private RegistrationStandIn(RunningBackend backend)
    {
        _backend = backend;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/api/registrations", RegisterAsync);
        _app.MapPost("/api/registrations/{id}/scrap", (string id) => Scrapped.TryAdd(id, true) ? Results.Ok(new { }) : Refused("scrapped"));
        _app.MapGet("/api/nodes/{id}", async (string id) =>
        {
            using HttpResponseMessage answer = await _backend.Http.GetAsync($"/api/nodes/{id}");
            return Results.Text(await answer.Content.ReadAsStringAsync(), "application/json", statusCode: (int)answer.StatusCode);
        });
    }

    public string Address => _app.Urls.First();

    /// <summary>Requests in their order.</summary>
    public ConcurrentQueue<JsonObject> Requests { get; } = new();

    /// <summary>Node ids that are registered.</summary>
    public ICollection<string> Registered => _byNode.Keys;

    /// <summary>Node ids that were scrapped.</summary>
    public ConcurrentDictionary<string, bool> Scrapped { get; } = new();

    /// <summary>Name of the refusal that every registration gets; null for none.</summary>
    public string? Refusal { get; set; }

    /// <summary>How many requests are answered by a 503 before one is taken.</summary>
    public int Unavailable { get; set; }

    public static async Task<RegistrationStandIn> StartAsync(RunningBackend backend)
    {
        var standIn = new RegistrationStandIn(backend);
        await standIn._app.StartAsync();
        return standIn;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> RegisterAsync(JsonObject request)
    {
        Requests.Enqueue(request);
        if (Unavailable-- > 0)
        {
            return Results.Problem("the workshop's internet", statusCode: 503);
        }

        if (Refusal is not null)
        {
            return Refused(Refusal);
        }

        string node = NodeId.FromKeyHash(System.Security.Cryptography.SHA256.HashData(Convert.FromHexString((string)request["publicKey"]!))).ToString();
        string content = request.ToJsonString();
        bool isNew = _byNode.TryAdd(node, content);
        if (!isNew && _byNode[node] != content)
        {
            return Refused("keySeenBefore");
        }

        if (isNew)
        {
            await RegisterAtBackendAsync(request);
        }

        return Results.Json(new { nodeId = node, result = isNew ? "registered" : "exists", claim = $"CLAIM{Interlocked.Increment(ref _claims):00000000000}", run = new { name = (string)request["productionRun"]!, bought = 100, registered = _byNode.Count } });
    }

    private async Task RegisterAtBackendAsync(JsonObject request)
    {
        var node = new
        {
            publicKey = (string)request["publicKey"]!,
            loginPassword = (string)request["loginPassword"]!,
            downKey = (string)request["downKey"]!,
            profile = (string)request["profile"]!,
            @operator = "amina",
            capitalBuilder = "ngo-1",
            place = "bench",
            latitude = -0.09,
            longitude = 34.77,
            agreement = new { @operator = 7000, capitalBuilder = 3000 },
        };
        using HttpResponseMessage response = await _backend.Http.PostAsJsonAsync("/api/nodes", new[] { node }, JsonSerializerOptions.Web);
        response.EnsureSuccessStatusCode();
    }

    private static IResult Refused(string refusal) =>
        Results.Problem($"This is refused: {refusal}.", statusCode: 409, extensions: new Dictionary<string, object?> { ["refusal"] = refusal });
}
