using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DePin.Fleet;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DePin.Tests.People;

/// <summary>Every route of the running backend, tried with every role and with none; fleet-backend/ROUTES.md is the table.</summary>
public sealed class RouteTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_lets_in_whom_it_names_and_nobody_else_and_the_table_says_so()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        (string Method, string Path, AccessRule? Rule)[] table = [.. Table(backend)];
        Assert.True(table.Length > 60, $"only {table.Length} routes were found");
        using var nobody = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = backend.Http.BaseAddress };
        var clients = RoleNames.All.ToDictionary(role => role, role => backend.As($"only-{RoleNames.Of(role).ToLowerInvariant()}", role));
        var people = new Dictionary<Roles, PagesClient>();
        foreach (Roles role in RoleNames.All)
        {
            people.Add(role, await PagesClient.JoinedAsync(backend, $"page-{RoleNames.Of(role).ToLowerInvariant()}", role));
        }

        int refused = 0;
        foreach ((string method, string path, AccessRule? rule) in table)
        {
            Assert.NotNull(rule);
            bool isLetIn = await IsLetInAsync(nobody, method, path);
            Assert.True(rule.IsForEveryone == isLetIn, $"{method} {path} without an account: {(isLetIn ? "let in" : "refused")}, and it is for {rule}");
            refused += isLetIn ? 0 : 1;
            foreach ((Roles role, HttpClient client) in clients)
            {
                bool isNamed = rule.IsForEveryone || rule.IsForSignedIn || rule.Any.HasFlag(role);

                // Programs are for the API, people for the pages; a form without the page's token changes nothing, and is let in as far as this goes.
                isLetIn = rule.IsForEveryone || path.StartsWith("/api/", StringComparison.Ordinal) ? await IsLetInAsync(client, method, path) : await IsLetInAsync(people[role], method, path);
                Assert.True(isNamed == isLetIn, $"{method} {path} as {role}: {(isLetIn ? "let in" : "refused")}, and it is for {rule}");
                refused += isLetIn ? 0 : 1;
            }
        }

        Assert.True(refused > 200, $"only {refused} requests were refused");
        foreach (IDisposable client in (IEnumerable<IDisposable>)[.. clients.Values, .. people.Values])
        {
            client.Dispose();
        }

        string golden = Path.Combine(Checkout.Root, "fleet-backend", "ROUTES.md");
        string text = Markdown(table);
        if (!File.Exists(golden) || (await File.ReadAllTextAsync(golden, Cancel)).ReplaceLineEndings("\n") != text)
        {
            string made = Path.Combine(Path.GetTempPath(), "ROUTES.md");
            await File.WriteAllTextAsync(made, text, Cancel);
            Assert.Fail($"{golden} is not the table of routes any more; compare it with {made}, and copy that over it if the change is meant.");
        }
    }

    [Fact]
    public async Task A_token_that_only_reads_changes_nothing_and_one_that_ended_opens_nothing()
    {
        var time = new SteppedClock(1_790_000_000);
        await using RunningBackend backend = await RunningBackend.StartAsync(time);
        var accounts = backend.Part<Accounts>();
        Caller grace = await CallerAsync(backend, "grace", Roles.Manager | Roles.Auditor);
        (string? reading, _) = await accounts.MakeTokenAsync(grace, new TokenRequest("reads", ["manager"], Days: 2, IsReadOnly: true));
        (string? narrow, _) = await accounts.MakeTokenAsync(grace, new TokenRequest("narrow", ["auditor"], Days: 2, PerMinute: 3));
        (_, Sentence? problem) = await accounts.MakeTokenAsync(grace, new TokenRequest("wide", ["administrator"]));
        Assert.Contains("roles that you have", problem?.ToString(), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, await AskAsync(backend, reading!, HttpMethod.Get, "/api/accounts"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(backend, reading!, HttpMethod.Post, "/api/funding"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(backend, narrow!, HttpMethod.Get, "/api/accounts"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(backend, narrow!, HttpMethod.Post, "/api/funding"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(backend, narrow!, HttpMethod.Get, "/api/me"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(backend, narrow!, HttpMethod.Get, "/api/me"));

        // What a person loses, their tokens lose; and so does time.
        Caller boss = await CallerAsync(backend, "boss", Roles.Administrator);
        Assert.Null(await accounts.SetRolesAsync(boss, "grace", Roles.Auditor));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(backend, reading!, HttpMethod.Post, "/api/preview/tariff"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(backend, reading!, HttpMethod.Get, "/api/accounts"));
        time.UnixSeconds += 2 * 86_400;
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(backend, reading!, HttpMethod.Get, "/api/me"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(backend, "depin_" + new string('0', 64), HttpMethod.Get, "/api/me"));
    }

    [Fact]
    public async Task An_operator_sees_their_own_money_and_nodes_and_nobody_else_s()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using var node = new TestNode();
        await backend.RegisterAsync(node);
        using HttpClient amina = backend.As("amina", Roles.Operator);
        using HttpClient otieno = backend.As("otieno", Roles.Operator | Roles.CapitalBuilder | Roles.Lender);
        foreach (string path in (string[])["/api/accounts/operator:amina/statement", "/api/accounts/operator:amina/statement.csv", "/api/accounts/operator:amina/balance?at=1790000000", $"/api/nodes/{node.Id}", $"/api/nodes/{node.Id}/verdicts"])
        {
            Assert.Equal((path, HttpStatusCode.OK), (path, await StatusAsync(amina, path)));
            Assert.True(await StatusAsync(otieno, path) is HttpStatusCode.Forbidden or HttpStatusCode.NotFound, path);
        }

        // Where a lamp stands is a home: who paid for it sees some ten kilometres.
        using HttpClient builder = backend.As("ngo-1", Roles.CapitalBuilder);
        Assert.Equal("-0.09 34.77 Kisumu 12", await PlaceAsync(amina, node));
        Assert.Equal("-0.1 34.8 ", await PlaceAsync(builder, node));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(otieno, "/api/accounts/operator:amina/evidence"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(amina, "/api/accounts/reserve/statement"));
    }

    private static IEnumerable<(string Method, string Path, AccessRule? Rule)> Table(RunningBackend backend) =>
        backend.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method =>
                (method, "/" + endpoint.RoutePattern.RawText!.TrimStart('/'), endpoint.Metadata.GetMetadata<AccessRule>())))
            .OrderBy(row => row.Item2, StringComparer.Ordinal).ThenBy(row => row.method, StringComparer.Ordinal);

    private static string Markdown(IEnumerable<(string Method, string Path, AccessRule? Rule)> table)
    {
        var text = new StringBuilder("# Routes, and who may use them\n\nMade and compared by `tests/People/RouteTests.cs`, which asks each of them with every role and with none. \"Signed in\" is any account; one role of those named is enough.\n");
        text.Append("Operators, capital builders and lenders see only what is theirs.\n\n| method | route | who |\n|---|---|---|\n");
        foreach ((string method, string path, AccessRule? rule) in table)
        {
            text.Append($"| {method} | `{path}` | {rule} |\n");
        }

        return text.ToString();
    }

    // Whatever a route says of an empty request, only 401, 403 and the way to the sign-in page mean that it did not let somebody in.
    private static async Task<bool> IsLetInAsync(HttpClient client, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Filled(path));
        using HttpResponseMessage answer = await client.SendAsync(request, Cancel);
        string text = answer.StatusCode == HttpStatusCode.Forbidden ? await answer.Content.ReadAsStringAsync(Cancel) : "";
        bool isOwnRule = text.Contains("not one of yours", StringComparison.Ordinal);
        bool isSentToSignIn = answer.StatusCode == HttpStatusCode.Redirect && answer.Headers.Location!.ToString().Contains("/sign-in?back=", StringComparison.Ordinal);
        return isOwnRule || !(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden || isSentToSignIn);
    }

    private static async Task<bool> IsLetInAsync(PagesClient person, string method, string path)
    {
        (HttpStatusCode status, string text) = method == "GET" ? await person.GetAsync(Filled(path)) : await person.PostAsync(Filled(path), []);
        return !(status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden || (status == HttpStatusCode.Redirect && text.Contains("/sign-in?back=", StringComparison.Ordinal)));
    }

    private static string Filled(string path) => Regex.Replace(path, @"\{\*?[^}]+\}", match => match.Value.Contains("long", StringComparison.Ordinal) ? "1" : "x", RegexOptions.NonBacktracking);

    private static async Task<Caller> CallerAsync(RunningBackend backend, string name, Roles roles)
    {
        using HttpClient client = backend.As(name, roles);
        using var connection = backend.Part<DePin.Fleet.Storage.Database>().OpenReader();
        return new Caller(PersonStore.Find(connection, name)!.Id, name, roles);
    }

    private static async Task<HttpStatusCode> AskAsync(RunningBackend backend, string token, HttpMethod method, string path)
    {
        using var client = new HttpClient { BaseAddress = backend.Http.BaseAddress };
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new("Bearer", token);
        using HttpResponseMessage answer = await client.SendAsync(request, Cancel);
        return answer.StatusCode;
    }

    private static async Task<string> PlaceAsync(HttpClient client, TestNode node)
    {
        JsonElement view = await client.GetFromJsonAsync<JsonElement>($"/api/nodes/{node.Id}", Cancel);
        return $"{view.GetProperty("latitude").GetRawText()} {view.GetProperty("longitude").GetRawText()} {view.GetProperty("place").GetString()}";
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using HttpResponseMessage answer = await client.GetAsync(path, Cancel);
        return answer.StatusCode;
    }
}
