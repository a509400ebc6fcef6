using System.Text.RegularExpressions;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace DePin.Tests.Web;

/// <summary>Nothing from elsewhere, nothing inline: for every answer of the house, and in a real browser that enforces it.</summary>
public sealed class HeadersTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_answer_says_that_nothing_from_elsewhere_and_nothing_inline_may_run()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        string[] paths = [.. backend.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Routing.HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true)
            .Select(endpoint => "/" + Regex.Replace(endpoint.RoutePattern.RawText!.TrimStart('/'), @"\{[^}]+\}", "1", RegexOptions.NonBacktracking)), "/nothing-of-ours"];
        Assert.True(paths.Length > 40, $"only {paths.Length} routes");
        foreach (string path in paths)
        {
            using HttpResponseMessage answer = await backend.Http.GetAsync(path, Cancel);
            string policy = Assert.Single(answer.Headers.TryGetValues("Content-Security-Policy", out IEnumerable<string>? values) ? values : [path + " has none"]);
            Assert.StartsWith("default-src 'self';", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        }
    }

    [Fact]
    public async Task No_page_asks_a_browser_for_what_the_policy_forbids()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using (await PagesClient.JoinedAsync(backend, "everything", RoleNames.Together))
        {
            // The account is there; the browser signs in by itself.
        }

        using var node = new TestNode();
        await backend.RegisterAsync(node);
        await using Browser browser = await Browser.StartAsync();
        IPage desk = await browser.OpenAsync(isPhone: false);
        string address = backend.Http.BaseAddress!.ToString().TrimEnd('/');
        await desk.GotoAsync(address + "/p/0000000000000000/0000000000000000");
        await desk.GotoAsync(address + "/sign-in");
        await desk.GetByLabel("Name", new() { Exact = true }).FillAsync("everything");
        await desk.GetByLabel("Password").FillAsync(PagesClient.Password);
        await desk.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await desk.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).WaitForAsync();
        foreach (string page in (string[])["/", "/account", "/people", "/review", "/statement", "/fleet", "/nodes", $"/nodes/{node.Id}", "/pair", "/p/0000000000000000/0000000000000000"])
        {
            IResponse? answer = await desk.GotoAsync(address + page);
            Assert.Equal((page, 200), (page, answer!.Status));
            // As the page was sent: what our own scripts set later is theirs to set.
            string text = await answer.TextAsync();
            Assert.Equal(0, await desk.EvaluateAsync<int>("(text) => new DOMParser().parseFromString(text, 'text/html').querySelectorAll('[style], style, script:not([src]), [onclick], [onload]').length", text));
        }

        Assert.Empty(browser.Errors);
    }
}
