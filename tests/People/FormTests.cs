using System.Net;
using System.Text.RegularExpressions;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DePin.Tests.People;

/// <summary>Forms and cookies: nobody elsewhere can send a form in somebody's name, and no cookie is read by scripts or on the way.</summary>
public sealed partial class FormTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_route_that_writes_takes_a_form_or_a_call_of_a_session_without_the_page_s_own_token()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using PagesClient person = await PagesClient.JoinedAsync(backend, "person", RoleNames.Together);
        (string Method, string Path)[] routes = [.. backend.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Contains("POST"))
            .Select(endpoint => ("POST", "/" + Parts().Replace(endpoint.RoutePattern.RawText!.TrimStart('/'), match => match.Value.Contains("long", StringComparison.Ordinal) ? "1" : "x")))];
        Assert.True(routes.Length > 70, $"only {routes.Length} routes");
        foreach ((string method, string path) in routes)
        {
            (HttpStatusCode status, string text) = await person.PostAsync(path, new() { ["name"] = "x", ["__RequestVerificationToken"] = "made up" });

            // What takes JSON alone takes no form at all.
            bool isRefused = status == HttpStatusCode.BadRequest ? text.Contains("not made by this page", StringComparison.Ordinal) : status == HttpStatusCode.UnsupportedMediaType && path.StartsWith("/api/", StringComparison.Ordinal);
            Assert.True(isRefused, $"{method} {path} without the page's token: {status} {text[..Math.Min(200, text.Length)]}");
        }
    }

    [Fact]
    public async Task Every_cookie_is_for_https_alone_out_of_reach_of_scripts_and_of_other_sites()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Https = settings.Https with { BehindProxy = true } });
        (string? secret, _) = await backend.Part<Accounts>().InviteAsync(new Caller(0, "test", Roles.Administrator), "amos", Roles.Operator);
        using var http = new HttpClient(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = backend.Http.BaseAddress };
        http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        using HttpResponseMessage page = await http.GetAsync($"/join/{secret}", Cancel);
        string form = Assert.Single(page.Headers.GetValues("Set-Cookie"));
        using var join = new HttpRequestMessage(HttpMethod.Post, $"/join/{secret}")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["password"] = PagesClient.Password, ["__RequestVerificationToken"] = PagesClient.TokenIn(await page.Content.ReadAsStringAsync(Cancel)) }),
        };
        join.Headers.Add("Cookie", form.Split(';')[0]);
        using HttpResponseMessage joined = await http.SendAsync(join, Cancel);
        Assert.Equal(HttpStatusCode.Redirect, joined.StatusCode);
        string[] cookies = [form, .. joined.Headers.GetValues("Set-Cookie")];
        Assert.Contains(cookies, cookie => cookie.StartsWith("depin-session=", StringComparison.Ordinal));
        Assert.All(cookies, cookie =>
        {
            Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("; httponly", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Matches("(?i); samesite=(lax|strict)", cookie);
        });
    }

    [GeneratedRegex(@"\{\*?[^}]+\}")]
    private static partial Regex Parts();
}
