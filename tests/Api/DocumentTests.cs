using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DePin.Fleet.Notices;
using DePin.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DePin.Tests.Api;

/// <summary>The document of the API says of every route what a program needs to use it.</summary>
public sealed partial class DocumentTests : IAsyncLifetime
{
    private RunningBackend _backend = null!;
    private JsonNode _document = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync();
        using var stranger = new HttpClient { BaseAddress = _backend.Http.BaseAddress };
        _document = JsonNode.Parse(await stranger.GetStringAsync("/api/openapi.json", Cancel))!;
    }

    public async ValueTask DisposeAsync() => await _backend.DisposeAsync();

    [Fact]
    public void Every_route_of_the_api_has_an_id_a_summary_a_success_and_all_errors_it_can_give()
    {
        Assert.StartsWith("3.1.", (string?)_document["openapi"], StringComparison.Ordinal);
        (string Method, string Path)[] routes = [.. _backend.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal) && endpoint.RoutePattern.RawText != "/api/openapi.json")
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => (method, Constraint().Replace(endpoint.RoutePattern.RawText!, "}"))))];
        Assert.True(routes.Length > 90, $"only {routes.Length} routes");
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string method, string path) in routes)
        {
            string name = $"{method} {path}";
            JsonNode? operation = _document["paths"]![path]?[method.ToLowerInvariant()];
            Assert.True(operation is not null, $"{name} is not in the document");
            Assert.True(ids.Add((string?)operation["operationId"] ?? ""), $"{name} has no id of its own");
            Assert.True(((string?)operation["summary"])?.EndsWith('.') == true, $"{name} has no sentence");
            Assert.True(((string?)operation["description"])?.Length > 5, $"{name} does not say for whom it is");
            JsonObject responses = operation["responses"]!.AsObject();
            Assert.True(responses.Any(response => IsSuccess(response.Key, response.Value!)), $"{name} has no success that says what comes: {responses.ToJsonString()}");
            string[] errors = ["400", "401", "403", "429", "500", .. path.Contains('{', StringComparison.Ordinal) ? ["404"] : Array.Empty<string>(), .. method == "GET" ? Array.Empty<string>() : ["409", "413", "422"]];
            Assert.All(errors, status => Assert.True(
                (string?)responses[status]?["content"]?["application/problem+json"]?["schema"]?["$ref"] == "#/components/schemas/Problem", $"{name} does not say that it answers {status}"));
            if (method != "GET")
            {
                Assert.Contains(operation["parameters"]!.AsArray(), parameter => (string?)parameter!["name"] == "Idempotency-Key");
            }

            Assert.All(PathParts().Matches(path).Select(match => match.Groups["name"].Value), part =>
                Assert.Contains(operation["parameters"]!.AsArray(), parameter => (string?)parameter!["name"] == part && (string?)parameter["in"] == "path"));
        }

        Assert.Equal(routes.Length, _document["paths"]!.AsObject().Sum(path => path.Value!.AsObject().Count));
    }

    [Fact]
    public void Every_list_is_read_in_the_same_way()
    {
        int lists = 0;
        foreach ((string path, JsonNode? item) in _document["paths"]!.AsObject())
        {
            if (item!["get"] is not { } get)
            {
                continue;
            }

            JsonNode? schema = Resolved(get["responses"]!["200"]?["content"]?["application/json"]?["schema"]);
            Assert.True((string?)schema?["type"] != "array", $"{path} answers a bare list, which cannot say that more follows");
            string[] names = [.. get["parameters"]?.AsArray().Select(parameter => (string)parameter!["name"]!) ?? []];
            Assert.DoesNotContain(names, name => name is "before" or "offset" or "page");
            if (schema?["properties"]?["items"] is null)
            {
                continue;
            }

            lists++;
            Assert.True(schema["properties"]!["next"] is not null, $"{path} has items and does not say whether more follow");
            bool isBounded = path is "/api/subscriptions" or "/api/nodes/{id}/evidence";
            Assert.True(isBounded || (names.Contains("cursor") && names.Contains("limit")), $"{path} has items without cursor and limit");
        }

        Assert.True(lists >= 28, $"only {lists} lists");
    }

    [Fact]
    public void Amounts_are_text_and_names_of_cases_are_enums()
    {
        int amounts = 0;
        foreach ((string name, JsonNode? schema) in _document["components"]!["schemas"]!.AsObject())
        {
            Assert.DoesNotContain('`', name);
            foreach ((string property, JsonNode? type) in schema!["properties"]?.AsObject() ?? [])
            {
                if (property.EndsWith("Micro", StringComparison.Ordinal) || property is "ledgerSum")
                {
                    Assert.True(Types(type).Contains("string") && !Types(type).Contains("integer"), $"{name}.{property} is {type!.ToJsonString()}");
                    amounts++;
                }
            }
        }

        Assert.True(amounts > 20, $"only {amounts} amounts");
        Assert.Contains("needsAttention", Schema("NodeState")["enum"]!.AsArray().Select(value => (string?)value));
        Assert.Contains("noReceipt", Schema("UpdateReason")["enum"]!.AsArray().Select(value => (string?)value));
    }

    [Fact]
    public void Webhooks_and_ways_to_sign_in_are_described()
    {
        JsonObject hooks = _document["webhooks"]!.AsObject();
        Assert.Equal(NoticeKind.All.Append(NoticeKind.Test).Order(StringComparer.Ordinal), hooks.Select(hook => hook.Key).Order(StringComparer.Ordinal));
        Assert.All(hooks, hook => Assert.Equal(hook.Key, (string?)hook.Value!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!["properties"]!["type"]!["const"]));
        JsonNode schemes = _document["components"]!["securitySchemes"]!;
        Assert.Equal(("http", "bearer"), ((string?)schemes["token"]!["type"], (string?)schemes["token"]!["scheme"]));
        Assert.Equal(("apiKey", "cookie"), ((string?)schemes["session"]!["type"], (string?)schemes["session"]!["in"]));
        Assert.Equal(2, _document["security"]!.AsArray().Count);
    }

    [Fact]
    public async Task Every_answer_says_the_version_and_another_one_is_refused()
    {
        using HttpResponseMessage answer = await _backend.Http.GetAsync("/api/me", Cancel);
        Assert.Equal("1", Assert.Single(answer.Headers.GetValues("Api-Version")));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/me");
        request.Headers.Add("Api-Version", "2");
        using HttpResponseMessage refused = await _backend.Http.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("version 1", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private JsonNode Schema(string name) => _document["components"]!["schemas"]![name] ?? throw new InvalidOperationException($"there is no schema {name}");

    private JsonNode? Resolved(JsonNode? schema) => (string?)schema?["$ref"] is { } reference ? Schema(reference[(reference.LastIndexOf('/') + 1)..]) : schema;

    // A success has no content only where the status says so.
    private static bool IsSuccess(string status, JsonNode response) =>
        status is "204" or "202" || (status == "200" && response["content"]?.AsObject().All(content => content.Value?["schema"]?.AsObject().Count > 0) == true && response["content"]!.AsObject().Count > 0);

    private static string[] Types(JsonNode? schema) => schema?["type"] switch
    {
        JsonArray several => [.. several.Select(type => (string)type!)],
        JsonValue one => [(string)one!],
        _ => [],
    };

    [GeneratedRegex(@":[a-z]+\}")]
    private static partial Regex Constraint();

    [GeneratedRegex(@"\{(?<name>\w+)\}")]
    private static partial Regex PathParts();
}
