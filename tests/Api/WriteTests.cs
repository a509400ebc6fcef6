using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DePin.Tests.Api;

/// <summary>The list of writes: whatever somebody asked to be changed stands in it, with who, by which token, and how it ended.</summary>
public sealed partial class WriteTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_that_writes_is_in_the_list_with_who_asked_and_how_it_ended()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        (string Method, string Route, bool IsForEveryone)[] routes = [.. backend.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method =>
                (method, "/" + endpoint.RoutePattern.RawText!.TrimStart('/'), endpoint.Metadata.GetMetadata<AccessRule>()!.IsForEveryone)))
            .Where(route => route.method != "GET")];
        using HttpClient program = backend.As("program", RoleNames.Together);
        using PagesClient person = await PagesClient.JoinedAsync(backend, "person", RoleNames.Together);
        int asked = 0;
        foreach ((string method, string route, bool isForEveryone) in routes)
        {
            string path = Parts().Replace(route, match => match.Value.Contains("long", StringComparison.Ordinal) ? "77" : "nonsense");
            int status;
            if (route.StartsWith("/api/", StringComparison.Ordinal))
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent("", System.Text.Encoding.UTF8, "application/json") };
                using HttpResponseMessage answer = await program.SendAsync(request, Cancel);
                status = (int)answer.StatusCode;
            }
            else
            {
                // Without the page's token; who it was and that it was refused is known all the same.
                status = (int)(await person.PostAsync(path, [])).Status;
            }

            JsonNode last = (await ListAsync(backend, "?limit=1"))["items"]![0]!;
            Assert.True(
                ((string?)last["method"], (string?)last["route"], (int?)last["status"]) == (method, route, status),
                $"{method} {route} was answered {status}; the last of the list is {last.ToJsonString()}{(isForEveryone ? " (for everyone)" : "")}");
            bool isToken = route.StartsWith("/api/", StringComparison.Ordinal);
            Assert.Equal((isToken ? "program" : "person", isToken), ((string?)last["by"], last["token"] is not null));
            asked++;
        }

        Assert.True(asked > 75, $"only {asked} routes");
    }

    [Fact]
    public async Task A_secret_in_a_path_is_not_in_the_list_and_who_may_not_write_is()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using PagesClient person = await PagesClient.JoinedAsync(backend, "amos", Roles.Operator);
        await person.PostAsync("/p/0000000000000000/SECRETSECRET0000", []);
        using HttpClient amos = backend.As("amos", Roles.Operator);
        using HttpResponseMessage refused = await amos.PostAsync("/api/vouchers", null, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        JsonArray list = (await ListAsync(backend, ""))["items"]!.AsArray();
        Assert.DoesNotContain("SECRETSECRET", list.ToJsonString(), StringComparison.Ordinal);
        JsonNode last = list[0]!;
        Assert.Equal(("amos", "/api/vouchers", 403, "test"), ((string?)last["by"], (string?)last["route"], (int)last["status"]!, (string?)last["tokenLabel"]));
    }

    private static async Task<JsonNode> ListAsync(RunningBackend backend, string query) => JsonNode.Parse(await backend.Http.GetStringAsync("/api/audit/writes" + query, Cancel))!;

    [GeneratedRegex(@"\{\*?[^}]+\}")]
    private static partial Regex Parts();
}
